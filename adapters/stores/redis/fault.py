"""What Redis's and its driver's errors mean to those who use the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from domain.errors import AckLostError, StoreError, StoreRefusedError, StoreUnavailableError

_LOST = "The connection to Redis broke while it wrote; whether that landed is unknown."
_GONE = "Redis can't be reached now; it goes on by itself when it can."
_REFUSED = "Redis refuses the user or the password of STORE_URL."
_UNTRUSTED = "The certificate of Redis is not trusted; add ?ssl_ca_certs=<file> with its authority to STORE_URL."
_NO_DATABASE = "STORE_URL names a database that Redis does not have; a cluster has only 0."
_FORBIDDEN = (
    "Redis lets the user of STORE_URL do too little; it takes the keys ~{galley}:*, the channel &{galley}:* and the"
    " commands that docs/operations.md names."
)
_FORBIDDEN_IN_SCRIPT = "The user executing the script can't"
_MOVED = "The cluster moves its keys just now, or has failed over; it goes on by itself."

FAILURES = (exceptions.RedisError, OSError, TimeoutError)
"""All that talking to Redis may raise."""

_PASSING: tuple[tuple[type[Exception] | str, str], ...] = (
    (exceptions.BusyLoadingError, "Redis reads its files; it goes on by itself when it has."),
    (exceptions.OutOfMemoryError, "Redis has no memory left; raise its maxmemory, or set RETENTION_DAYS."),
    (exceptions.ReadOnlyError, "Redis is a replica that takes no writes; STORE_URL has to lead to the primary."),
    (exceptions.MasterDownError, "Redis is a replica that has lost its primary."),
    (exceptions.ClusterDownError, "The cluster is down; it goes on by itself when it is up again."),
    (exceptions.AskError, _MOVED),
    (exceptions.TryAgainError, _MOVED),
    ("MISCONF", "Redis can't write its files, so it takes no writes; look at its log and at the space on its disk."),
    ("BUSY", "Redis is busy with a script; try again."),
    ("max number of clients", "Redis has as many connections as it allows; raise its maxclients."),
    ("NOREPLICAS", "Redis has too few replicas to take writes, by its min-replicas-to-write."),
)


def explain(error: Exception, *, may_have_landed: bool) -> StoreError | None:
    """Return what to raise instead; None for what only a mistake of this program can cause.

    With `may_have_landed` a connection that breaks leaves open whether the command took effect.
    """
    if isinstance(error, (exceptions.AuthenticationError, exceptions.AuthorizationError)):
        return StoreRefusedError(_REFUSED)
    if isinstance(error, exceptions.NoPermissionError) or _FORBIDDEN_IN_SCRIPT in str(error):
        return StoreRefusedError(_FORBIDDEN)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return StoreRefusedError(_UNTRUSTED)
    if any(mark in str(error) for mark in ("DB index is out of range", "SELECT is not allowed")):
        return StoreRefusedError(_NO_DATABASE)
    for mark, message in _PASSING:
        if mark in str(error) if isinstance(mark, str) else isinstance(error, mark):
            return StoreUnavailableError(message)
    if isinstance(error, (exceptions.ConnectionError, exceptions.TimeoutError, OSError, TimeoutError)):
        return AckLostError(_LOST) if may_have_landed else StoreUnavailableError(_GONE)
    return None


@contextmanager
def explained(*, may_have_landed: bool = False) -> Iterator[None]:
    """Raise what the errors mean instead of them."""
    try:
        yield
    except FAILURES as error:
        known = explain(error, may_have_landed=may_have_landed)
        if known is None:
            raise
        raise known from error
