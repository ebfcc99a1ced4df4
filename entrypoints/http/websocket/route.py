"""The way in: which pages may open a socket, who is asking, and how it ends.

Of `Services` it uses what streams and starting runs do, `public_url` for the Origin, and `slow_seconds`.
"""

from __future__ import annotations

import asyncio
from typing import Final, cast

import structlog
from quart import Blueprint, current_app, websocket

from domain.errors import AuthError, ForbiddenError, GalleyError, InvalidTokenError
from domain.user import Principal
from entrypoints.http.authenticate import LONGEST_TOKEN, current_services
from entrypoints.http.feed import Control, Feed
from entrypoints.http.follow import tended
from entrypoints.http.origin import is_own_origin
from entrypoints.http.rate import RequestRate
from entrypoints.http.stream import encode_line
from entrypoints.http.websocket.conversation import OVER, Conversation
from entrypoints.http.websocket.messages import Auth, encode_refusal, encode_reply, find_ref, read_message
from entrypoints.http.websocket.socket import AUTH_OVER, FAULT, GOING_AWAY, Socket, SocketEndError
from entrypoints.services import Services

SUBPROTOCOL: Final = "galley.v1"
BEARER: Final = "bearer."
AUTH_SECONDS: Final = 10.0
"""For the first message, of a socket that did not bring its token as a subprotocol."""

blueprint = Blueprint("websocket", __name__)


@blueprint.websocket("/ws")
async def converse() -> None:
    """Hold one conversation; what is refused before it begins is answered as HTTP."""
    services = current_services()
    _require_own_origin(services)
    principal = await _find_principal(services)
    offered = websocket.requested_subprotocols
    await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    socket = Socket(websocket, services.slow_seconds)
    try:
        await _converse(services, socket, principal or await _hear_token(services, socket))
    except SocketEndError as end:
        await socket.close(end)
    except Exception:
        structlog.get_logger().exception("socket broke")
        await socket.close(SocketEndError(FAULT, "Something went wrong here; connect again and resume."))


def _require_own_origin(services: Services) -> None:
    """Let no page of another origin speak with a browser's connection; programs send no Origin.

    Raises:
        ForbiddenError: The Origin is not the service's own.
    """
    if "Origin" in websocket.headers and not is_own_origin(websocket.headers, services.public_url):
        raise ForbiddenError(f"A socket is only for pages of {services.public_url}, the service's PUBLIC_URL.")


async def _find_principal(services: Services) -> Principal | None:
    """Return whom the subprotocol `bearer.<token>` speaks for, None where there is none.

    Raises:
        AuthError: The token is not good.
    """
    tokens = [name.removeprefix(BEARER) for name in websocket.requested_subprotocols if name.startswith(BEARER)]
    if not tokens:
        return None
    if len(tokens) > 1 or len(tokens[0]) > LONGEST_TOKEN:
        raise InvalidTokenError(f"Offer one subprotocol of the form {BEARER}<access token>.")
    return await services.authenticator.verify(tokens[0])


async def _hear_token(services: Services, socket: Socket) -> Principal:
    """Return whom the first message speaks for.

    Raises:
        SocketEndError: It did not come, or its token is not good.
    """
    text = ""
    try:
        async with asyncio.timeout(AUTH_SECONDS):
            text = await socket.hear()
        message = await read_message(text)
        if not isinstance(message, Auth):
            raise InvalidTokenError('Begin with {"type": "auth", "token": "<access token>"}.')
        return await services.authenticator.verify(message.token)
    except TimeoutError:
        raise SocketEndError(AUTH_OVER, "No token came in time.") from None
    except GalleyError as error:
        await socket.say(await encode_refusal(find_ref(text), error))
        reason = "The token is not good." if isinstance(error, AuthError) else "The first message has to be `auth`."
        raise SocketEndError(AUTH_OVER, reason) from None


async def _converse(services: Services, socket: Socket, principal: Principal) -> None:
    """Answer messages and pass on events until the token's end, a drain or a fault.

    Raises:
        SocketEndError: Always: that is why it ended.
    """
    feed = Feed(services.clock)
    rate = cast(RequestRate, current_app.extensions["galley_rate"])
    followed: dict[str, asyncio.Task[None]] = {}
    async with tended(services, feed, lambda: tuple(followed), principal) as tasks:
        conversation = Conversation(
            services=services,
            principal=principal,
            feed=feed,
            tasks=tasks,
            rate=rate,
            say=socket.say,
            followed=followed,
        )
        expires_at = principal.expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await socket.say(encode_reply("ready", None, {"user_id": principal.user_id, "expires_at": expires_at}))
        tasks.add(_listen(socket, conversation))
        last = await _tell(socket, feed)
    if last == "draining":
        raise SocketEndError(GOING_AWAY, "This process goes away; connect again and resume.")
    raise SocketEndError(AUTH_OVER, OVER)


async def _listen(socket: Socket, conversation: Conversation) -> None:
    while True:
        await conversation.hear(await socket.hear())


async def _tell(socket: Socket, feed: Feed) -> str | None:
    """Send what comes until the feed ends; return the name of the last control."""
    last: str | None = None
    while batch := await feed.take():
        for item in batch:
            await socket.say(encode_line(item)[:-1].decode())
            last = item.name if isinstance(item, Control) else last
    return last
