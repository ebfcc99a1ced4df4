"""A root file system that is read-only, as far as Python opens files; each interpreter that finds this begins with it.

READ_ONLY_EXCEPT names the folders that may be written, with colons between.
"""

import errno
import os
import sys

_WRITABLE = (*os.environ["READ_ONLY_EXCEPT"].split(":"), "/dev", "/proc")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime"}


def _refuse(event: str, args: tuple[object, ...]) -> None:
    is_change = event in _CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & _WRITING)
    if not is_change or not isinstance(args[0], str | bytes | os.PathLike):
        return
    path = os.path.abspath(os.fsdecode(args[0]))  # noqa: PTH100 -- pathlib opens files of its own
    if not any(path == folder or path.startswith(folder + "/") for folder in _WRITABLE):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


sys.addaudithook(_refuse)
