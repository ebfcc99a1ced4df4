"""The keys that sign tokens: given by the operator, or made once and kept beside the data."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

FILE = "signing.key"
SHORTEST_BYTES = 32
"""As long as the output of SHA-256 (RFC 7518, section 3.2)."""

_LEAST_CHARACTERS = 10
_PLACEHOLDERS = ("changeme", "changethis", "replaceme", "insecure", "yoursecret", "256bitsecret", "secretatleast")
_PUBLISHED = frozenset(
    {
        "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
    }
)
"""From the pages from which keys are copied most."""

_HOW_TO_MAKE_ONE = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


@frozen(kw_only=True)
class SigningKeys:
    """Keys by their id; `current` signs, the others only verify what they signed before they were replaced.

    Raises:
        ValueError: A key is weak, or `current` names none.
    """

    current: str
    keys: Mapping[str, str] = field(repr=False)

    def __attrs_post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("The current signing key is not among the keys.")
        for key in self.keys.values():
            _refuse_weak(key)


def parse_keys(text: str) -> SigningKeys:
    """Read keys, one a line: the first signs, the others still verify. Ids are derived, so there is nothing to set.

    To replace a key, put the new one before the old one; take the old one out when its last refresh token has expired.

    Raises:
        ValueError: There is none, or one is weak.
    """
    keys = {_key_id(line): line for line in (line.strip() for line in text.splitlines()) if line}
    if not keys:
        raise ValueError(f"There is no signing key. {_HOW_TO_MAKE_ONE}")
    return SigningKeys(current=next(iter(keys)), keys=keys)


def load_keys(folder: Path) -> SigningKeys:
    """Read the folder's key file; where there is none, make it with mode 0600.

    A file that its group can read is closed, as shared volumes open theirs at each start. One that everybody can read
    is refused, because its key may be known by now.

    Raises:
        ValueError: Everybody can read it, it is not ours to close, or it holds no strong key.
        OSError: It can't be read or made.
    """
    path = folder / FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _create(path, secrets.token_urlsafe(48) + "\n")
    _close_to_others(path)
    return parse_keys(path.read_text(encoding="ascii"))


def _create(path: Path, text: str) -> None:
    """Write a file that is either whole or not there; where another process was faster, its file stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _close_to_others(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IRWXO:
        raise ValueError(
            f"Everybody can read {path}, so its key may be known. Delete the file to get a new key, which logs "
            f"everybody out, or keep it with: chmod 600 {path}"
        )
    if mode & stat.S_IRWXG:
        try:
            path.chmod(0o600)
        except PermissionError:
            raise ValueError(f"The group of {path} can read it and it is not ours. Run: chmod 600 {path}") from None


def _key_id(key: str) -> str:
    return hmac.new(key.encode(), b"galley key id", hashlib.sha256).hexdigest()[:12]


def _refuse_weak(key: str) -> None:
    letters = "".join(character for character in key.lower() if character.isalnum())
    if len(key.encode()) < SHORTEST_BYTES:
        raise ValueError(f"The signing key is shorter than {SHORTEST_BYTES} bytes. {_HOW_TO_MAKE_ONE}")
    if key in _PUBLISHED or any(word in letters for word in _PLACEHOLDERS):
        raise ValueError(f"The signing key is a well-known one. {_HOW_TO_MAKE_ONE}")
    if len(set(key)) < _LEAST_CHARACTERS or key in (key + key)[1:-1]:
        raise ValueError(f"The signing key repeats itself. {_HOW_TO_MAKE_ONE}")
    if key.lstrip().startswith(("{", "[", "-----", "ssh-", "ecdsa-")):
        raise ValueError(f"The signing key is a JWK, PEM or SSH key and must be a plain secret. {_HOW_TO_MAKE_ONE}")
