"""The file that takes a new user's secret: made before anything is sent, never overwritten."""

from __future__ import annotations

import os
from contextlib import suppress

_MODE = 0o600


class SecretFile:
    """A new file that only this user can read.

    It exists before the registration does, so that what can go wrong with it goes wrong first.

    Raises:
        OSError: it can't be made, or is there already.

    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._descriptor = os.open(path, flags, _MODE)
        except OSError as error:
            reason = error.strerror
        else:
            return
        raise OSError(f"--secret-file: the file can't be made, and nothing was sent: {reason}")

    def keep(self, content: bytes) -> None:
        """Write to it, down to the disk, and close it.

        Raises:
            OSError: it can't be written.

        """
        with os.fdopen(self._descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(self._descriptor)

    def discard(self) -> None:
        """Close it and take it away: there is nothing to keep."""
        os.close(self._descriptor)
        with suppress(OSError):
            os.unlink(self.path)  # noqa: PTH108 - as it was made


def line(secret: str) -> bytes:
    """Give a secret as its file holds it; what UTF-8 has no form for, as JSON escapes it."""
    return f"{secret}\n".encode(errors="backslashreplace")


def rescued(secret: bytes) -> str:
    """Put a secret that can't go where it should into a new file; give its path.

    Raises:
        OSError: it can't be written either.

    """
    from tempfile import mkstemp  # noqa: PLC0415 - for a calamity only

    descriptor, path = mkstemp(prefix="snaptrade-user-secret-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    return path
