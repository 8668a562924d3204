"""Where files can be put by name: a folder on a disk, or below a prefix of a bucket.

Names have `/` between their parts and are relative to the place. A file appears whole under its
name or not at all, and is durable when the call returns.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as a listing tells it.

    Attributes:
        name: Its name.
        size: Bytes.
        changed: When it was written, aware, by the clock of whoever keeps it.
    """

    name: str
    size: int
    changed: datetime


class Place(Protocol):
    """What a folder and a bucket have in common.

    Every method raises `StorageError` where the place refuses or cannot be reached.
    """

    @property
    def label(self) -> str:
        """How messages name it: a path or a URL, without anything secret."""

    def prepare(self) -> None:
        """Make the place, and prove that it can be written to safely.

        Raises:
            StorageError: What it lies in is not there, or it does not refuse to create twice.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Keep other programs on this machine from writing, where the place can do that."""

    def size(self, name: str) -> int | None:
        """Return the size of a file; None if it is not there."""

    def files(self, folder: str) -> Iterator[Stored]:
        """Iterate over all files below a folder, by name; none if it is not there."""

    def folders(self, folder: str) -> list[str]:
        """Return the last parts of the names of the folders in a folder, in order."""

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; None if it is not there."""

    def open(self, name: str) -> BinaryIO:
        """Return a file to read parts of."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file, over one that is there."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a file that is not there yet; False if there is one, which stays as it is.

        After a lost reply False may mean one's own: look.
        """

    def upload(self, source: Path, name: str) -> None:
        """Copy a file of this machine to the place, over one that is there."""

    def download(self, name: str, target: Path) -> bool:
        """Copy a file to this machine, over one that is there; False if it is not there."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; one that is not there is none the less gone."""
