"""Where tables are published: a folder, or a prefix of a bucket, with a Delta table per pond path.

Data files go through `storage`, which has proven that the place refuses to create a file twice:
commits rest on that. deltalake writes the tables' logs.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pond_core.errors import InvalidPathError, StorageError
from pond_core.storage import Access, Bucket, Durability, Folder

_LOG = "_delta_log"

_OURS = frozenset(("tmp", "lock", "duckpond.json"))
"""Names that the place needs for itself."""

_UNSAFE = re.compile(r'[\x00-\x1f\x7f\\{}^%`\[\]"<>~#|?*]')
"""What Amazon's guide advises against in names of objects ("Object key naming guidelines"), and
wildcards. Some programs write such a character as it is, and others by its number."""


class Destination:
    """A place for published tables.

    Attributes:
        label: How messages name it.
        options: What deltalake is told about the bucket; secrets are among it.
    """

    def __init__(self, where: str | Path) -> None:
        text = str(where)
        self._place: Bucket | Folder
        if "://" in text:
            self._place = Bucket(text)
            self._uri = self._place.url
            self.options = _options()
        else:
            self._place = Folder(Path(text), durability=Durability())
            self._uri = str(self._place.root)
            self.options = {}
        self.label = self._place.label

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Prepare the place; keep other programs of this machine from it where it can do that.

        Raises:
            StorageError: It cannot be written to safely, or not at all.
        """
        if isinstance(self._place, Folder) and not self._place.root.parent.is_dir():
            msg = f"there is no {self._place.root.parent} to publish in"
            raise StorageError(msg, hint="is the disk plugged in? else make that directory")
        self._place.prepare()
        with self._place.writing():
            yield

    def uri(self, path: str) -> str:
        """Return where the table of a pond path is.

        Raises:
            InvalidPathError: It has a name that a bucket or a reader of it would misread.
        """
        unsafe = _UNSAFE.search(path)
        if unsafe:
            msg = f"{path} cannot be published: not every program reads {unsafe[0]!r} in a name"
            raise InvalidPathError(msg, path=path, hint="rename it, or leave it out")
        if path.split("/")[1] in _OURS:
            msg = f"{path} cannot be published: {self.label} needs that name for itself"
            raise InvalidPathError(msg, path=path, hint="rename it, or leave it out")
        return f"{self._uri}{path}"

    def folder_of(self, path: str) -> tuple[int, int] | None:
        """Return what the disk knows the folder of a table by; None without one, and of a bucket.

        Paths that differ have one folder where the disk takes `A` and `a` for one.
        """
        if not isinstance(self._place, Folder):
            return None
        try:
            status = (self._place.root / path.strip("/")).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def write(self, path: str, name: str, data: bytes) -> None:
        """Write a data file of a table; over one that is there already."""
        self._place.write(f"{path.strip('/')}/{name}", data)

    def tables(self) -> list[str]:
        """Return the paths of all tables that are here, whoever published them."""
        names = (each.name for each in self._place.files(""))
        return sorted({f"/{top.strip('/')}" for n in names if (top := _table_of(n)) is not None})

    def delete(self, path: str) -> None:
        """Delete a table: data first, then its log from the newest commit on.

        So what was interrupted is still a table, with an owner, and can be deleted again.
        """
        names = [each.name for each in self._place.files(path.strip("/"))]
        log = {name for name in names if f"/{_LOG}/" in name}
        commits = sorted((name for name in log if name.endswith(".json")), reverse=True)
        self._place.delete(name for name in names if name not in log)
        self._place.delete(log.difference(commits))
        for name in commits:
            self._place.delete([name])


def _table_of(name: str) -> str | None:
    top, log, _ = name.partition(f"{_LOG}/")
    return top if log and (not top or top.endswith("/")) else None


def _options() -> dict[str, str]:
    """Return how deltalake reaches the bucket that `Bucket` reaches."""
    settings = Access.of(os.environ).settings
    told = {f"aws_{name}": value for name, value in settings.items() if isinstance(value, str)}
    if settings["client_options"]["allow_http"]:
        told["aws_allow_http"] = "true"
    return told
