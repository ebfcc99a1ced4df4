"""How versions of prompt sets are named and pinned."""

from __future__ import annotations

import hashlib
import re

from attrs import frozen

from domain.errors import InvalidRequestError

_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,63}")


@frozen(kw_only=True)
class Reference:
    """What "name", "name@3" and "name@label" ask for; the newest version where neither is given."""

    name: str
    version: int | None = None
    label: str | None = None


def parse_reference(reference: str) -> Reference:
    """Take a reference to a prompt set apart; any text is one, if perhaps of nothing."""
    name, at, suffix = reference.partition("@")
    if not at:
        return Reference(name=name)
    if suffix.isascii() and suffix.isdigit() and len(suffix) < 10:
        return Reference(name=name, version=int(suffix))
    return Reference(name=name, label=suffix)


def check_label(label: str) -> None:
    """Refuse a label that a reference could not name.

    Raises:
        InvalidRequestError: It is not of the form.
    """
    if _LABEL.fullmatch(label) is None:
        raise InvalidRequestError("A label is a small letter, then up to 63 small letters, digits, - or _.")


def hash_content(content: bytes) -> str:
    """Return the hash by which a prompt set's content is pinned: SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()
