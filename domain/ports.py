"""What Galley needs of the world; each port has one suite of laws in tests/contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from domain.completion import Model, PromptRequest, ProviderItem
from domain.content.prompt import PromptVersion
from domain.run.model import (
    Finish,
    Lease,
    LiveRuns,
    NewRun,
    Record,
    Renewal,
    RunPage,
    RunQuery,
    RunStatus,
    StoredRun,
    Tail,
)
from domain.run.spending import DailyLimits, DayUsage, Reservation, Spending
from domain.user import Principal, Session, User
from domain.webhook.delivery import Delivery, DeliveryState


class Clock(Protocol):
    """Time, so that tests can hold it."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after that long, at once for 0 or less."""
        ...


class Provider(Protocol):
    """A language model, or whatever writes like one."""

    def stream(self, request: PromptRequest) -> AsyncGenerator[ProviderItem, None]:
        """Yield any number of deltas and counts, then exactly one completion.

        Closing the generator aborts the upstream request and its billing. No delta is empty.

        Raises:
            ProviderOverloadedError: Worth retrying, after `retry_after` seconds.
            ProviderUnavailableError: Worth retrying.
            ProviderCutError: The text is not whole; worth retrying.
            ProviderStalledError: Silent for too long; worth retrying.
            ProviderRefusedError: This request can never succeed.
        """
        ...

    async def count_input(self, request: PromptRequest) -> int | None:
        """Return how many input tokens the request has for its model, None where that can't be told: then estimate.

        It neither raises for want of an answer nor costs anything, but may take a call over the network.
        """
        ...

    async def list_models(self) -> tuple[Model, ...]:
        """Return the models on offer, the default one first.

        Raises:
            ProviderUnavailableError: Worth retrying.
        """
        ...


class RunStore(Protocol):
    """Runs and their pinned prompt sets. Whatever it returns is durable."""

    async def create(self, run: NewRun) -> tuple[StoredRun, bool]:
        """Create a run with its first record and queue it, in one transaction; return it and True.

        A run that the owner has under the same id or key with the same fingerprint is returned with False instead.

        Raises:
            IdempotencyConflictError: The id or key is known with another fingerprint, or the id is somebody else's.
            QueueFullError: Worth retrying later.
            LiveRunsExceededError: The owner has too many live runs.
            StoreUnavailableError: Nothing was created.
        """
        ...

    async def get(self, run_id: str) -> tuple[StoredRun, bytes]:
        """Return a run and its pinned prompt set's content.

        Raises:
            RunNotFoundError: There is none.
        """
        ...

    async def list(self, query: RunQuery) -> RunPage:
        """Return one page of runs, newest first.

        Raises:
            InvalidCursorError: `query.after` is not a `next` of ours.
        """
        ...

    async def delete(self, run_id: str) -> None:
        """Remove a terminal run and its log.

        Raises:
            RunNotFoundError: There is none.
            RunLiveError: It has not ended.
        """
        ...

    async def purge(self, before: datetime) -> int:
        """Remove the runs that ended before that time, whole ones only; return how many."""
        ...


class RunLog(Protocol):
    """The append-only records of every run."""

    async def append(self, lease: Lease, records: Sequence[Record], *, finish: Finish | None = None) -> None:
        """Add records in one atomic step; return once they are durable and followers are being told.

        Their seqs go on from the tail without a hole. `finish` goes with a terminal event and ends lease and run.

        Raises:
            FencedError: The epoch is not the newest, the run has ended, or the tail is another one. Nothing was added.
            AckLostError: Whether it landed is unknown: read the tail.
            StoreUnavailableError: Nothing was added; worth retrying.
        """
        ...

    async def tail(self, run_id: str) -> Tail:
        """Return the newest seq with its epoch.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    async def read(self, run_id: str, *, after: int = 0, limit: int = 500) -> tuple[Record, ...]:
        """Return the records behind seq `after`, at most `limit`, in order.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    def follow(self, run_id: str, *, after: int = 0) -> AsyncGenerator[tuple[Record, ...], None]:
        """Yield what the log holds behind seq `after` in pages, then what is added, until the terminal event.

        Every record comes once, in order, without a hole; each tuple holds all that is ready. A follower that is slow
        costs nobody else anything.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...


class RunQueue(Protocol):
    """Who works on which run. Claims are fair between owners: the one with the fewest running runs comes first."""

    async def claim(self, worker: str, *, wait_seconds: float, run_id: str | None = None) -> Lease | None:
        """Take a queued run, or one whose lease ran out (never this worker's own); its epoch goes up by one.

        With `run_id` only that run, where it can be claimed now. Returns None when there is none within `wait_seconds`.
        """
        ...

    async def renew(self, lease: Lease, *, wait_seconds: float) -> Renewal:
        """Extend the lease, then wait up to `wait_seconds` for a cancel to be asked for, and tell.

        Raises:
            FencedError: The lease is another's by now, or the run has ended.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Give an unfinished run back to the queue; does nothing where the lease is not held any more."""
        ...

    async def request_cancel(self, run_id: str) -> RunStatus:
        """Ask durably for a cancel and wake its worker; return the run's status. An ended run stays as it is.

        Raises:
            RunNotFoundError: There is no such run.
        """
        ...

    async def touch(self, run_id: str) -> None:
        """Note that somebody follows the run just now."""
        ...

    async def count(self) -> LiveRuns:
        """Return how many runs of the whole store are queued and running; dear enough not to be asked for all the time.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...


class WebhookQueue(Protocol):
    """The deliveries of runs whose request names a webhook; `RunStore.create` makes one with the run, removal takes it.

    One is due as soon as its run has ended.
    """

    async def claim(self, *, lease_seconds: float, passing_over: Collection[str] = ()) -> Delivery | None:
        """Take the delivery that has been due for longest and count a try; None where there is none.

        Nobody else gets it for as long as the lease, and whoever comes first after that. Those of the owners in
        `passing_over` stay.

        Raises:
            StoreUnavailableError: Worth retrying; one that was taken all the same is due again after its lease.
        """
        ...

    async def settle(
        self, delivery: Delivery, *, failure: str | None = None, retry_seconds: float | None = None
    ) -> None:
        """Note what came of a try: delivered, or a failure and in how many seconds it is due again, None to give up.

        Nothing changes where another try has been counted since, where one was settled, and where the run is gone.

        Raises:
            StoreUnavailableError: Worth retrying.
        """
        ...

    async def find(self, run_id: str) -> DeliveryState | None:
        """Return how far a run's delivery is, None where it has none."""
        ...


class WebhookSender(Protocol):
    """The way out to webhooks."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send JSON to a URL once and return the answer's status, whatever it is.

        Raises:
            WebhookError: There was no answer, or nobody may be asked there; worth retrying.
        """
        ...


class Ledger(Protocol):
    """What users spend by UTC day. What is reserved stays so through any crash, until somebody settles it."""

    async def reserve(self, reservation: Reservation, limits: DailyLimits) -> None:
        """Hold what a call may use at most, in one atomic step, so that no number of runs goes beyond the limits.

        The same reservation again changes nothing.

        Raises:
            DailyLimitError: It does not fit with what the user has used and reserved that day. Nothing was reserved.
            FencedError: The epoch is not the run's newest, or the run is not running. Nothing was reserved.
            AckLostError: Unknown: reserve it again.
            StoreUnavailableError: Nothing was reserved; worth retrying.
        """
        ...

    async def settle(self, run_id: str, *, epoch: int, call: int, spent: Spending | None = None) -> None:
        """Turn what the run has reserved, up to this call of this epoch, into what was spent; once and for all.

        It counts for the reservation's day, as the whole reservation where `spent` is None. Where nothing is reserved
        nothing changes.

        Raises:
            AckLostError: Unknown: settle it again.
            StoreUnavailableError: Nothing was settled; worth retrying.
        """
        ...

    async def usage(self, user_id: str, day: date) -> DayUsage:
        """Return what a user has used and reserved that day."""
        ...


class PromptStore(Protocol):
    """Published versions of prompt sets."""

    async def find(self, reference: str) -> PromptVersion:
        """Return the version that "name", "name@3" or "name@label" means.

        Raises:
            PromptNotFoundError: There is none.
        """
        ...

    async def list(self) -> tuple[PromptVersion, ...]:
        """Return the newest version of every set, by name."""
        ...

    async def publish(self, name: str, *, content: bytes, source: str, author: str) -> PromptVersion:
        """Make the next version, or return the newest one where its content is the same."""
        ...

    async def label(self, name: str, label: str, version: int) -> None:
        """Let a label mean that version from now on, and no other one.

        Raises:
            InvalidRequestError: It is no label: a small letter, then up to 63 small letters, digits, - or _.
            PromptNotFoundError: There is no such version.
        """
        ...


class UserStore(Protocol):
    """Users."""

    async def add(self, user: User) -> None:
        """Add a user.

        Raises:
            UserExistsError: The name is taken.
        """
        ...

    async def find(self, name: str) -> User:
        """Return the user of that name.

        Raises:
            UserNotFoundError: There is none.
        """
        ...

    async def get(self, user_id: str) -> User:
        """Return the user of that id.

        Raises:
            UserNotFoundError: There is none.
        """
        ...

    async def list(self) -> tuple[User, ...]:
        """Return every user, by name."""
        ...

    async def save(self, user: User) -> None:
        """Replace the user of that id.

        Raises:
            UserNotFoundError: There is none.
        """
        ...


class SessionStore(Protocol):
    """Refresh families."""

    async def start(self, session: Session) -> None:
        """Begin a family with its first refresh token."""
        ...

    async def rotate(self, session_id: str, *, token_id: str, next_token_id: str) -> Session:
        """Exchange the family's one good refresh token for the next.

        Raises:
            RevokedTokenError: The family is unknown, ended or over, or the token was used before: that ends the family.
        """
        ...

    async def revoke(self, *, session_id: str | None = None, user_id: str | None = None) -> None:
        """End one family, or all of a user's."""
        ...

    async def is_revoked(self, session_id: str) -> bool:
        """Whether the family has ended or is not known."""
        ...


class Authenticator(Protocol):
    """Access and refresh tokens."""

    def mint(self, user: User, session: Session) -> tuple[str, str]:
        """Return an access token and the refresh token that the session's `token_id` names."""
        ...

    async def verify(self, token: str) -> Principal:
        """Return who an access token speaks for.

        Raises:
            ExpiredTokenError: Its time is over.
            RevokedTokenError: Its session has ended.
            InvalidTokenError: It is not one of ours, or not an access token.
        """
        ...

    async def read_refresh(self, token: str) -> tuple[str, str]:
        """Return session id and token id of a refresh token.

        Raises:
            ExpiredTokenError: Its time is over.
            InvalidTokenError: It is not one of ours, or not a refresh token.
        """
        ...
