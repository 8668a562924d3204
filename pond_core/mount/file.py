"""Open files: readers of bytes that never change, writers that write when they are closed."""

import io
from collections.abc import Callable

from typing_extensions import Buffer, override

from pond_core.mount.content import Body

Write = Callable[[bytes], None]
"""What becomes of the bytes of a file when it is closed."""


class Reader(io.BufferedReader):
    """A file as it was when it was opened.

    Attributes:
        path: Its path in the pond.
        size: How many bytes it has.
    """

    def __init__(self, body: Body, *, path: str) -> None:
        super().__init__(_Bytes(body, name=path))
        self.path = path
        self.size = len(body)


class Writer(io.BytesIO):
    """Bytes that go into the pond when the file is closed.

    fsspec keeps writers that were opened in a transaction, and ends each with `commit` or
    `discard`. They have written by then, into the transaction, unless somebody left one open.

    Attributes:
        path: Its path in the pond.
    """

    def __init__(self, write: Write, *, path: str, mode: str, start: int, at_close: bool) -> None:
        super().__init__()
        self.path = path
        self._mode = mode
        self._write: Write | None = write
        self._start = start
        self._at_close = at_close
        self._rest: bytes | None = None

    @property
    @override
    def mode(self) -> str:
        return self._mode

    @override
    def tell(self) -> int:
        return self._start + super().tell()

    @override
    def seekable(self) -> bool:
        return "a" not in self._mode

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        if not self.seekable():
            msg = f"{self.path} is open for appending: there is only its end"
            raise io.UnsupportedOperation(msg)
        return super().seek(offset, whence)

    @override
    def close(self) -> None:
        if self.closed:
            return
        self._rest = self.getvalue()
        super().close()
        if self._at_close:
            self.commit()

    def commit(self) -> None:
        """Write what is not written yet."""
        self.close()
        write, rest = self._write, self._rest
        self._write = self._rest = None
        if write is not None and rest is not None:
            write(rest)

    def discard(self) -> None:
        """Forget what is not written yet."""
        self._write = None
        self.close()


class _Bytes(io.RawIOBase):
    """Bytes in memory as a raw file: many at once over the same bytes, each at its own place."""

    mode = "rb"

    def __init__(self, body: Body, *, name: str) -> None:
        self.name = name
        self._view = memoryview(body)
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        if origin + offset < 0:
            msg = f"there is no byte {origin + offset} in a file"
            raise ValueError(msg)
        self._at = origin + offset
        return self._at

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        into = memoryview(buffer).cast("B")
        found = self._view[self._at : self._at + len(into)]
        into[: len(found)] = found
        self._at += len(found)
        return len(found)

    @override
    def readall(self) -> bytes:
        found = bytes(self._view[self._at :])
        self._at += len(found)
        return found

    @override
    def close(self) -> None:
        self._view.release()
        super().close()
