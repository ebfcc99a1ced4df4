"""Names for files that somebody downloads: fit for every file system, and what HTTP says of them."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

_LONGEST = 80
_REFUSED = frozenset('<>:"/\\|?*%')
"""What Windows does not allow, and the percent sign, which some browsers decode (RFC 6266, appendix D)."""

_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def make_filename(title: str, extension: str, *, fallback: str) -> str:
    """Return "Oak desk lamps.docx" for a title: no path, no control or invisible character, no name of a device.

    Signs that turn the direction of writing are left out: with them a name can show another extension than it has.
    """
    stem = _clean(title) or _clean(fallback) or "output"
    if stem.split(".")[0].strip().lower() in _DEVICES:
        stem = f"{stem} text"
    return f"{stem}.{extension}"


def describe_download(filename: str) -> str:
    """Write the Content-Disposition of a download (RFC 6266), with the name in ASCII and in UTF-8 (RFC 8187)."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    stem, _, extension = plain.rpartition(".")
    plain = f"{stem.strip() or 'output'}.{extension}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _clean(title: str) -> str:
    kept = (" " if character.isspace() or character in _REFUSED else character for character in title)
    # C: controls, formats (direction, zero width), halves of characters, private ones.
    visible = "".join(character for character in kept if not unicodedata.category(character).startswith("C"))
    return " ".join(visible.split())[:_LONGEST].strip(" .")
