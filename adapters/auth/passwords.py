"""Passwords as Argon2id hashes, made and checked on threads of their own."""

from __future__ import annotations

import asyncio
import os
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import InvalidRequestError

SHORTEST_CHARACTERS: Final = 12
LONGEST_BYTES: Final = 1024

T = TypeVar("T")


class Argon2Passwords:
    """Hashes with 19 MiB, two passes and one lane, OWASP's least for Argon2id: 25 ms of one core.

    At most `threads` hashes are worked on at once, by default on half of the cores but four at most; the others wait,
    so that log-ins in a crowd leave room for everything else. Close it, or use it as a context manager.
    """

    def __init__(self, *, threads: int | None = None, memory_kib: int = 19_456, passes: int = 2) -> None:
        self._hasher = PasswordHasher(memory_cost=memory_kib, time_cost=passes, parallelism=1)
        self._pool = ThreadPoolExecutor(threads or _count_threads(), thread_name_prefix="password")
        self._decoy = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """Return a new hash.

        Raises:
            InvalidRequestError: The password is shorter than 12 characters or longer than 1024 bytes.
        """
        folded = _fold(password)
        if len(password) < SHORTEST_CHARACTERS:
            raise InvalidRequestError(f"The password is too short; give {SHORTEST_CHARACTERS} characters or more.")
        if len(folded) > LONGEST_BYTES:
            raise InvalidRequestError(f"The password is too long; give at most {LONGEST_BYTES} bytes of UTF-8.")
        return await self._work(lambda: self._hasher.hash(folded))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the hash is of this password; without one the answer is no, after the same work."""
        folded = _fold(password)
        is_possible = password_hash is not None and len(folded) <= LONGEST_BYTES
        compared = password_hash if password_hash is not None and is_possible else self._decoy
        return await self._work(lambda: self._check(compared, folded[:LONGEST_BYTES])) and is_possible

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Let the work that has begun end, and drop the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, password_hash: str, folded: bytes) -> bool:
        try:
            return self._hasher.verify(password_hash, folded)
        except (VerificationError, InvalidHashError):
            return False

    async def _work(self, task: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, task)


def _count_threads() -> int:
    return min(4, max(1, (os.cpu_count() or 1) // 2))


def _fold(password: str) -> bytes:
    """Encode what a keyboard gave, which may spell one letter in two ways (NIST SP 800-63B-4, section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
