"""A prefix of an S3-compatible bucket as a place, proven to refuse what must be refused.

Some small S3 servers ignore the condition of a put that shall only create: of 40 commits to one of
them 12 vanished without a word. So nothing is written to a bucket that has not refused one.
"""

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store
from typing_extensions import override

from pond_core.errors import DataError, StorageError
from pond_core.storage.durability import storage_errors
from pond_core.storage.place import Stored
from pond_core.storage.tally import count

_MARKER = "duckpond.json"
"""What every place that DuckPond writes to begins with; creating it again must be refused."""

_MARKED = b'{"kept by": "DuckPond"}\n'

_CLOCK = "clock"
"""Written to learn what time it is there; holds nothing."""

_URL = re.compile(
    r"(?i:s3)://(?P<bucket>[A-Za-z0-9][\w.-]*)(?P<prefix>(?:/[^\x00-\x1f\x7f?#\\]*)?)", re.ASCII
)

_CODE = re.compile(r"<Code>(?P<code>\w+)</Code>")
_STATUS = re.compile(r"non-2xx status code: (?P<status>\d+ [A-Za-z ]+)")

_PAGE = 1000
"""How many names one request lists or deletes."""

_CHUNK_BYTES = 8 * 1024**2
"""What is sent or fetched at a time, and above which a put is made of several."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a bucket is reached.

    Attributes:
        endpoint_url: The server; AWS itself without one.
        region: The bucket's region.
        key_id: The access key's id. Without one, and without `credentials`, the role of the
            machine is taken, as far as it has one.
        secret: The access key.
        token: What belongs to a key for a session.
        credentials: Gives them when they are wanted instead, as obstore's providers do.

    Raises:
        DataError: There is only one of `key_id` and `secret`.
    """

    endpoint_url: str | None = None
    region: str | None = None
    key_id: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    credentials: Callable[[], Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if bool(self.key_id) != bool(self.secret):
            what = ("id", "secret") if self.key_id else ("secret", "id")
            msg = "the {} of an access key is given, and its {} is missing".format(*what)
            hint = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both or none"
            raise DataError(msg, hint=hint)

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Access":
        """Return what the variables say that AWS's own tools read.

        Raises:
            DataError: They say only one half of an access key.
        """
        return cls(
            endpoint_url=environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL"),
            region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION"),
            key_id=environ.get("AWS_ACCESS_KEY_ID"),
            secret=environ.get("AWS_SECRET_ACCESS_KEY"),
            token=environ.get("AWS_SESSION_TOKEN"),
        )

    @property
    def settings(self) -> dict[str, Any]:
        """What obstore wants to be told."""
        told: dict[str, Any] = {
            "endpoint": self.endpoint_url,
            "region": self.region or "us-east-1",  # what servers other than AWS's expect
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
            "session_token": self.token,
            "credential_provider": self.credentials,
        }
        # Whoever writes http:// means a server of their own.
        allow_http = (self.endpoint_url or "").startswith("http://")
        told["client_options"] = {"allow_http": allow_http}
        return {name: value for name, value in told.items() if value}


class Bucket:
    """The objects below a prefix of a bucket.

    Args:
        url: `s3://bucket/prefix`.
        access: How it is reached; as the environment says without one.

    Attributes:
        url: `s3://bucket/prefix`.
        endpoint: The server's URL; empty for AWS itself.

    Raises:
        DataError: The URL does not name a bucket, or that of the server is none.
    """

    def __init__(self, url: str, *, access: Access | None = None) -> None:
        bucket, prefix = _parts(url)
        self.url = f"s3://{bucket}/{prefix}".rstrip("/")
        access = access or Access.of(os.environ)
        _check_endpoint(access.endpoint_url)
        self.endpoint = access.endpoint_url or ""
        with self._errors("", requests=0):
            self._store = S3Store(bucket, prefix=prefix or None, **access.settings)

    @property
    def label(self) -> str:
        """Its URL."""
        return self.url

    def prepare(self) -> None:
        """See `Place.prepare`; costs one request where DuckPond wrote before."""
        if self.create(_MARKER, _MARKED) and self.create(_MARKER, _MARKED):
            with contextlib.suppress(StorageError):
                self.delete([_MARKER])
            msg = f"{self.url}: the server overwrites what it was told only to create"
            hint = "two writers would lose data there without a word; use another server or bucket"
            raise StorageError(msg, hint=hint)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """See `Place.writing`: nobody is kept away, creating decides who comes first."""
        yield

    def size(self, name: str) -> int | None:
        """See `Place.size`."""
        with self._errors(name):
            try:
                return int(obstore.head(self._store, name)["size"])
            except FileNotFoundError:
                return None

    def files(self, folder: str, *, after: str | None = None) -> Iterator[Stored]:
        """See `Place.files`; only those with names after one, if it is given."""
        with self._errors(folder):
            pages = obstore.list(self._store, folder or None, offset=after)
            for number, each in enumerate(each for page in pages for each in page):
                count(requests=int(number > 0 and number % _PAGE == 0))
                yield Stored(each["path"], each["size"], each["last_modified"])

    def folders(self, folder: str) -> list[str]:
        """See `Place.folders`."""
        with self._errors(folder):
            found = obstore.list_with_delimiter(self._store, folder or None)
        return sorted(each.rpartition("/")[2] for each in found["common_prefixes"])

    def read(self, name: str) -> bytes | None:
        """See `Place.read`."""
        with self._errors(name):
            try:
                data = bytes(obstore.get(self._store, name).bytes())
            except FileNotFoundError:
                return None
        count(bytes_fetched=len(data))
        return data

    def open(self, name: str) -> BinaryIO:
        """See `Place.open`."""
        return io.BufferedReader(_Reading(self, name))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return some bytes of a file that is there."""
        with self._errors(name):
            data = bytes(obstore.get_range(self._store, name, start=start, length=length))
        count(bytes_fetched=len(data))
        return data

    def write(self, name: str, data: bytes) -> None:
        """See `Place.write`."""
        with self._errors(name):
            obstore.put(self._store, name, data, chunk_size=_CHUNK_BYTES)
        count(bytes_sent=len(data))

    def create(self, name: str, data: bytes) -> bool:
        """See `Place.create`."""
        with self._errors(name):
            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
        count(bytes_sent=len(data))
        return True

    def upload(self, source: Path, name: str) -> None:
        """See `Place.upload`."""
        with self._errors(name):
            obstore.put(self._store, name, source, chunk_size=_CHUNK_BYTES)
            count(bytes_sent=source.stat().st_size)

    def download(self, name: str, target: Path) -> bool:
        """See `Place.download`."""
        with self._errors(name):
            try:
                found = obstore.get(self._store, name)
            except FileNotFoundError:
                return False
            with storage_errors(target), target.open("wb") as file:
                for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
                    file.write(chunk)
                    count(bytes_fetched=len(chunk))
        return True

    def clock(self) -> datetime:
        """Return what time it is by the clock that files get their times from."""
        self.write(_CLOCK, b"")
        with self._errors(_CLOCK):
            found: datetime = obstore.head(self._store, _CLOCK)["last_modified"]
        return found

    def copy(self, name: str, to: str) -> bool:
        """Copy a file within the bucket, over one that is there; False if it is not there."""
        with self._errors(name):
            try:
                obstore.copy(self._store, name, to)
            except FileNotFoundError:
                return False
        return True

    def delete(self, names: Iterable[str]) -> None:
        """See `Place.delete`."""
        wanted = list(names)
        requests = -(-len(wanted) // _PAGE)
        with self._errors(wanted[0] if wanted else "", requests=requests):
            obstore.delete(self._store, wanted)

    @contextlib.contextmanager
    def _errors(self, name: str, *, requests: int = 1) -> Iterator[None]:
        """Turn what obstore raises into `StorageError`; its own words repeat whole requests."""
        where = f"{self.url}/{name}".rstrip("/")
        count(requests=requests)
        try:
            yield
        except OSError as exc:
            msg = f"{where}: {exc.strerror or 'the server does not answer as expected'}"
            raise StorageError(msg) from None
        except (PermissionDeniedError, UnauthenticatedError) as exc:
            msg = f"{where}: {_reason(exc) or 'not permitted'}"
            raise StorageError(msg, hint=_CREDENTIALS) from None
        except BaseError as exc:
            reason = _reason(exc)
            refused = reason.partition(" ")[0] in {"401", "403"}
            msg = f"{where}: {reason or 'the server cannot be reached'}"
            raise StorageError(msg, hint=_CREDENTIALS if refused else _REACH) from None


class _Reading(io.RawIOBase):
    """A file that is read where it lies, one request for each piece."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        size = bucket.size(name)
        if size is None:
            msg = f"{bucket.url}/{name} is missing"
            raise StorageError(msg, hint="`pond backup verify` says what else is")
        self._bucket = bucket
        self._name = name
        self._size = size
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    @override
    def readinto(self, buffer: Any, /) -> int:
        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        buffer[:length] = self._bucket.read_range(self._name, self._at, length)
        self._at += length
        return length


def _parts(url: str) -> tuple[str, str]:
    """Return the bucket and the prefix that a URL names; what it says else is not repeated."""
    found = _URL.fullmatch(url)
    prefix = found["prefix"].strip("/") if found else ""
    # No server has parts such as these, or not under that name.
    if found is None or not {"", ".", ".."}.isdisjoint(prefix.split("/") if prefix else ()):
        scheme, colon, rest = url.partition("://")
        bucket = re.match(r"[\w.-]*", rest.rpartition("@")[2])
        msg = (
            f"{scheme if colon else 's3'}://{bucket[0] if bucket else ''}... does not name a bucket"
        )
        hint = "name it as s3://bucket/prefix, without # ? or \\; keys go into the environment"
        raise DataError(msg, hint=hint)
    return found["bucket"], prefix


def _check_endpoint(url: str | None) -> None:
    try:
        is_one = url is None or (
            url.startswith(("http://", "https://")) and bool(urlsplit(url).hostname)
        )
    except ValueError:
        is_one = False
    if not (is_one and " " not in (url or "")):
        msg = "what should name the S3 server is not a URL"
        raise DataError(msg, hint="AWS_ENDPOINT_URL is for example https://s3.example.org")


_CREDENTIALS = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what the key may do there"
_REACH = "check the bucket's name, AWS_ENDPOINT_URL and the network; what was sent stays"


def _reason(exc: BaseError) -> str:
    """Return the status and the code that a server answered with; empty if it did not answer."""
    text = str(exc)
    found = (_STATUS.search(text), _CODE.search(text))
    return " ".join(each[1].strip() for each in found if each)
