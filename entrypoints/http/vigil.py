"""What an open stream does when time passes: heartbeats, keeping its runs followed, and the end of its token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from attrs import define

from domain.errors import StoreError
from domain.user import Principal
from entrypoints.http.feed import HEARTBEAT, Control, Feed
from entrypoints.services import Services

TOUCH_SECONDS = 10.0
SESSION_SECONDS = 2.5
"""Between looks at the session: with what a session store may remember, a revoked one ends its streams within 5 s."""

WARNING_SECONDS = 30.0


@define(eq=False)
class Duty:
    """Something to do at a moment of the clock's monotonic time; it returns its next moment, or None to be done."""

    due: float
    perform: Callable[[float], Awaitable[float | None]]


async def keep_vigil(
    services: Services,
    feed: Feed,
    runs: Callable[[], Iterable[str]],
    principal: Principal | None,
    seconds: float | None,
) -> None:
    """Perform every duty when it is due, until the task is cancelled; one task and one timer, however many duties.

    The feed ends after `seconds`, and with the principal's token or session; None means that it does not.
    """
    clock = services.clock
    duties = [_heartbeat(services, feed), _touch(services, runs)]
    if seconds is not None:
        duties.append(_end(feed, clock.monotonic() + seconds))
    if principal is not None:
        duties += [_session(services, feed, principal), *_expiry(services, feed, principal)]
    while duties:
        duty = min(duties, key=lambda one: one.due)
        wait = duty.due - clock.monotonic()
        if wait > 0:
            await clock.sleep(wait)
        due = await duty.perform(max(duty.due, clock.monotonic()))
        if due is None:
            duties.remove(duty)
        else:
            duty.due = due


def _heartbeat(services: Services, feed: Feed) -> Duty:
    seconds = services.heartbeat_seconds

    async def beat(now: float) -> float:
        if now < feed.taken_at + seconds:
            return feed.taken_at + seconds
        if feed.is_idle:
            feed.push([HEARTBEAT])
        return now + seconds

    return Duty(feed.taken_at + seconds, beat)


def _touch(services: Services, runs: Callable[[], Iterable[str]]) -> Duty:
    async def touch(now: float) -> float:
        for run_id in tuple(runs()):
            with suppress(StoreError):
                await services.queue.touch(run_id)
        return now + TOUCH_SECONDS

    return Duty(services.clock.monotonic(), touch)


def _session(services: Services, feed: Feed, principal: Principal) -> Duty:
    async def check(now: float) -> float | None:
        with suppress(StoreError):
            if await services.sessions.is_revoked(principal.session):
                feed.end()
                return None
        return now + SESSION_SECONDS

    return Duty(services.clock.monotonic() + SESSION_SECONDS, check)


def _expiry(services: Services, feed: Feed, principal: Principal) -> tuple[Duty, Duty]:
    """Warn half a minute before the token's end, halfway where less than a minute is left, and end with it."""
    now = services.clock.monotonic()
    left = (principal.expires_at - services.clock.now()).total_seconds()
    notice = WARNING_SECONDS if left >= 2 * WARNING_SECONDS else left / 2

    async def warn(_: float) -> None:
        feed.push([Control("auth_expiring", {"seconds": round(notice, 3)})])

    return Duty(now + left - notice, warn), _end(feed, now + left)


def _end(feed: Feed, due: float) -> Duty:
    async def end(_: float) -> None:
        feed.end()

    return Duty(due, end)
