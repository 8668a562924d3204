"""A small writer of ponds as the original tool leaves them, after the description of its format.

A directory is described first, and written with all its listings afterwards; `damage` of what is
written is the tests' own business.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

TREE, TABLE, SERIES, DATA, RECIPE, SYMLINK = range(1, 7)

_EXTENSIONS = {TABLE: "parquet", SERIES: "parquet", DATA: "data", RECIPE: "synth"}

LISTING = pa.schema(
    [
        pa.field("prefix", pa.string(), nullable=False),
        pa.field("number", pa.int32(), nullable=False),
        pa.field("size", pa.uint64(), nullable=False),
        pa.field("ftype", pa.uint8(), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
        pa.field("contents", pa.binary()),
    ]
)

_TEXT = pa.string()
_TEXTS = pa.list_(_TEXT)
_PATTERN = pa.list_(pa.struct([("pattern", _TEXT)]))


def _listed(*fields: tuple[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.field("entries", pa.struct([*fields])))


_DEVICES = _listed(("id", pa.int64()), ("name", _TEXT), ("scope", _TEXT), ("comment", _TEXT))
_BUCKET = dict.fromkeys(("bucket", "region", "key", "secret", "endpoint"), _TEXT)
_DATASETS = _listed(("in_pattern", _TEXT), ("out_pattern", _TEXT), ("columns", _TEXTS))
_TEMPLATE = ("in_pattern", "out_pattern", "name", "template", "template_file")

SPECS: Mapping[str, Mapping[str, pa.DataType]] = {
    "HydroVu": {"key": _TEXT, "secret": _TEXT, "devices": _DEVICES},
    "Backup": _BUCKET,
    "Copy": {**_BUCKET, "backup_uuid": _TEXT},
    "Scribble": {
        "count_min": pa.int32(),
        "count_max": pa.int32(),
        "probs": pa.map_(_TEXT, pa.float32()),
    },
    "Inbox": {"pattern": _TEXT},
    "Derive": {"collections": _listed(("name", _TEXT), ("pattern", _TEXT), ("query", _TEXT))},
    "Combine": {"scopes": _listed(("name", _TEXT), ("series", _PATTERN), ("columns", _TEXTS))},
    "Template": {"collections": _listed(*((name, _TEXT) for name in _TEMPLATE))},
    "Reduce": {
        "collections": _listed(("name", _TEXT), ("resolutions", _TEXTS), ("datasets", _DATASETS))
    },
}
"""The columns of each kind's table of specs, but for `uuid`."""


def parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def rows(records: Sequence[Mapping[str, object]], columns: Mapping[str, pa.DataType]) -> bytes:
    return parquet(pa.Table.from_pylist([*records], schema=pa.schema([*columns.items()])))


@dataclass(slots=True)
class Directory:
    """What one directory shall hold.

    Attributes:
        files: Type and versions of each file, by name; the first is number 1.
        links: What each symlink leads to.
        trees: The directories below.
        listings: How many times it was written; older listings name all but the last versions.
    """

    files: dict[str, tuple[int, list[bytes]]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    trees: "dict[str, Directory]" = field(default_factory=dict)
    listings: int = 1

    def add(self, name: str, file_type: int, *versions: bytes) -> None:
        self.files.setdefault(name, (file_type, []))[1].extend(versions)

    def write(self, host: Path) -> list[bytes]:
        """Write it; return its listings."""
        host.mkdir(parents=True, exist_ok=True)
        rows = []
        for name, (file_type, versions) in self.files.items():
            for number, data in enumerate(versions, start=1):
                (host / f"{name}.{number}.{_EXTENSIONS[file_type]}").write_bytes(data)
                rows.append(row(name, number, data, file_type))
        for name, tree in self.trees.items():
            written = tree.write(host / name)
            rows += [row(name, number, data, TREE) for number, data in enumerate(written, start=1)]
        for name, target in self.links.items():
            rows.append((name, 0, 0, SYMLINK, bytes(32), target.encode()))
        listings = []
        for number in range(1, self.listings + 1):
            is_last = number == self.listings
            listings.append(write_listing(host, number, rows if is_last else rows[:-1]))
        return listings


def row(name: str, number: int, data: bytes, file_type: int) -> tuple[object, ...]:
    return name, number, len(data), file_type, hashlib.sha256(data).digest(), None


def write_listing(host: Path, number: int, rows: Sequence[tuple[object, ...]]) -> bytes:
    columns = list(zip(*sorted(rows, key=lambda each: each[:3]), strict=True)) or [()] * 6
    arrays = [pa.array(c, field.type) for c, field in zip(columns, LISTING, strict=True)]
    data = parquet(pa.Table.from_arrays(arrays, schema=LISTING))
    (host / f"dir.{number}.parquet").write_bytes(data)
    return data


def wide(stamps: Sequence[int | None], **columns: Sequence[object]) -> bytes:
    """Return a version of a series: seconds, then columns of numbers."""
    arrays = {"Timestamp": pa.array(stamps, pa.int64())}
    return parquet(pa.table(arrays | {n: pa.array(v, pa.float64()) for n, v in columns.items()}))


@dataclass(slots=True)
class Original:
    """A pond of the original tool that is to be written.

    Attributes:
        root: Its root; tests may put into it what they like.
    """

    root: Directory = field(default_factory=Directory)
    _resources: list[dict[str, object]] = field(default_factory=list)
    _specs: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def apply(
        self,
        kind: str,
        name: str,
        spec: Mapping[str, object],
        *,
        desc: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> Directory:
        """Apply a resource, or again with another spec; return its directory."""
        uuid = uuid_of(kind, name)
        specs = self._specs.setdefault(kind, [])
        directory = self.root.trees.setdefault(kind, Directory())
        if all(each["uuid"] != uuid for each in specs):
            facts = {"kind": kind, "apiVersion": "www.hydrovu.com/v1", "name": name, "desc": desc}
            self._resources.append({**facts, "uuid": uuid, "metadata": [*(metadata or {}).items()]})
            self.root.add("Pond", TABLE, rows(self._resources, _RESOURCE))
        specs[:] = [each for each in specs if each["uuid"] != uuid] + [{**spec, "uuid": uuid}]
        directory.add(kind, TABLE, rows(specs, {**SPECS[kind], "uuid": _TEXT}))
        directory.links[name] = uuid
        return directory.trees.setdefault(uuid, Directory())

    def hydrovu(self, name: str, spec: Mapping[str, object], **facts: str) -> Directory:
        """Apply a HydroVu resource; return the directory of its series."""
        tree = self.apply("HydroVu", name, spec, **facts)  # type: ignore[arg-type]
        return tree.trees.setdefault("data", Directory())

    def dictionary(
        self,
        name: str,
        *,
        parameters: Mapping[str, str],
        units: Mapping[str, str],
        locations: Sequence[Mapping[str, object]] = (),
        temporal: Sequence[Mapping[str, int]] = (),
    ) -> None:
        """Write the tables of an account."""
        tree = self.root.trees["HydroVu"].trees[uuid_of("HydroVu", name)]
        pair = {"index": _TEXT, "value": _TEXT}
        for table, names in (("params", parameters), ("units", units)):
            tree.add(table, TABLE, rows([{"index": k, "value": v} for k, v in names.items()], pair))
        tree.add("locations", TABLE, rows(locations, _LOCATION))
        tree.add("temporal", TABLE, rows(temporal, _TEMPORAL))

    def write(self, host: Path) -> Path:
        self.root.write(host)
        return host


def uuid_of(kind: str, name: str) -> str:
    digest = hashlib.md5(f"{kind}/{name}".encode(), usedforsecurity=False).hexdigest()
    return "-".join([digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]])


_RESOURCE = {
    **dict.fromkeys(("kind", "apiVersion", "name", "desc", "uuid"), _TEXT),
    "metadata": pa.map_(_TEXT, _TEXT),
}
_LOCATION = {
    "description": _TEXT,
    "id": pa.uint64(),
    "name": _TEXT,
    "scope": _TEXT,
    "gps": pa.struct([("latitude", pa.float64()), ("longitude", pa.float64())]),
}
_TEMPORAL = {
    name: pa.int64()
    for name in ("location_id", "min_time", "max_time", "record_time", "num_points")
}
