"""A place's readings year by year: as files to download, and what pages tell of them."""

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pond_core import ParquetFile, ReadFS, from_us, to_us
from pond_pipeline.periods import Cadence, Period, periods_between
from pond_pipeline.plan import Place
from pond_pipeline.quality import Flag, drop_flagged, roll_ups
from pond_pipeline.record import Totals
from pond_pipeline.versions import digest_of, input_versions
from pond_pipeline.website.column import Column, reading_columns
from pond_pipeline.website.folder import Facts, Made, WebsiteFolder

_LAYOUT = 2
"""Which bytes and facts are made of the same readings."""

_UTC = "timestamp (UTC)"
_FORMULA = re.compile(r"[=+\-@\t\r\n]")


@dataclass(frozen=True, slots=True)
class YearFiles:
    """The readings of one year as files.

    Attributes:
        year: Which.
        rows: How many instants.
        csv: The address of the file, and its size in bytes.
        parquet: The same.
    """

    year: str
    rows: int
    csv: tuple[str, int]
    parquet: tuple[str, int]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest value of a column.

    Attributes:
        at: When it was read.
        value: It.
    """

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down at a place.

    Attributes:
        at: When.
        text: What.
        samples: Values measured by hand, by column id.
    """

    at: datetime
    text: str
    samples: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Readings:
    """What is known of a place's readings.

    Attributes:
        years: Files by year, the newest first; none where nothing is to be downloaded.
        newest: The newest value of each column, by the column's name.
        notes: In order of time.
        visits: The scopes in which people write; their numbers are samples.
        meanings: Parameter and unit of all columns, also of those without a value.
    """

    years: tuple[YearFiles, ...]
    newest: Mapping[str, Newest]
    notes: tuple[Note, ...]
    visits: frozenset[str]
    meanings: frozenset[tuple[str, str]]


def of_place(
    folder: WebsiteFolder, fs: ReadFS, place: Place, identifier: str, *, downloads: bool
) -> Readings:
    """Have the files of a place's readings, and return what is known of them.

    Args:
        folder: Where they are written.
        fs: The pond.
        place: Which.
        identifier: What it is called in addresses.
        downloads: Whether there shall be files.
    """
    versions = input_versions(fs, place.series)
    found = []
    for year in _years(fs, place.series):
        version = versions(year.window)
        if not version:
            continue  # nothing was ever made of it: between a clock that was lost and now, perhaps
        key = digest_of([_LAYOUT, version, place.timezone, downloads])
        stem = f"downloads/{identifier}/{year.key}"
        names = (f"{stem}.csv", f"{stem}.parquet")
        found.append(_kept(folder, fs, place, year, key=key, names=names, downloads=downloads))
    newest: dict[str, Newest] = {}
    for facts, _ in found:
        for name, (at_us, value) in facts["newest"].items():
            newest[name] = Newest(from_us(at_us), value)
    return Readings(
        years=tuple(files for _, files in reversed(found) if files is not None),
        newest=newest,
        notes=tuple(
            Note(from_us(at_us), text, samples)
            for facts, _ in found
            for at_us, text, samples in facts["notes"]
        ),
        visits=frozenset(scope for facts, _ in found for scope in facts["visits"]),
        meanings=frozenset((name, unit) for facts, _ in found for name, unit in facts["meanings"]),
    )


def _years(fs: ReadFS, path: str) -> Sequence[Period]:
    if not fs.exists(path):
        return []
    totals = Totals.of(fs.node(path))
    if totals.first is None or totals.last is None:
        return []
    first, last = (Period.of(each, Cadence.YEARLY) for each in (totals.first, totals.last))
    return periods_between(first, last)


def _kept(
    folder: WebsiteFolder,
    fs: ReadFS,
    place: Place,
    year: Period,
    *,
    key: str,
    names: tuple[str, str],
    downloads: bool,
) -> tuple[Facts, YearFiles | None]:
    """Have the files of one year, CSV and Parquet, and return its facts."""
    csv, parquet = names
    if None in [folder.stored(name, key) for name in names]:
        table = fs.read_series(place.series, year.window)
        columns = reading_columns(table.schema)
        made = _csv(table, columns, place.timezone) if downloads and table.num_rows else None
        folder.put(csv, key, Made(made, _facts(table, columns)))
        folder.put(parquet, key, Made(None if made is None else _parquet(table), {}))
    kept = folder.files[csv]
    if not kept.version:
        return kept.facts, None
    sizes = ((name, folder.files[name].size) for name in names)
    return kept.facts, YearFiles(year.key, kept.facts["rows"], *sizes)


def _facts(table: pa.Table, columns: Sequence[Column]) -> dict[str, Any]:
    names, flags = [each.name for each in columns], roll_ups(table.schema)
    texts = [each.name for each in table.schema if pa.types.is_string(each.type)]
    visits = {_scope(table.schema.field(name)) for name in texts}
    return {
        "rows": table.num_rows,
        "newest": {
            name: told
            for name in names
            if (told := _newest(table, name, flags.get(name))) is not None
        },
        "meanings": sorted({each.meaning for each in columns}),
        "visits": sorted(visits),
        "notes": list(_notes(table, texts, [each for each in columns if each.scope in visits])),
    }


def _newest(table: pa.Table, name: str, flag: str | None) -> list[float] | None:
    """Return instant and value of the newest reading that did not fail its tests."""
    finite = pc.is_finite(table[name])
    if flag is not None:
        finite = pc.and_kleene(finite, pc.not_equal(pc.fill_null(table[flag], 0), Flag.FAIL.value))
    at = pc.max(pc.if_else(finite, table["timestamp"], None)).as_py()
    if at is None:
        return None
    value = table[name].filter(pc.equal(table["timestamp"], at))[0].as_py()
    return [to_us(at), value]


def _notes(
    table: pa.Table, texts: Sequence[str], samples: Sequence[Column]
) -> Iterator[tuple[int, str, dict[str, float]]]:
    if not texts:
        return
    wanted = table.select(["timestamp", *texts, *(each.name for each in samples)])
    for row in pl.DataFrame(wanted).iter_rows(named=True):
        words = [row[name].strip() for name in texts if row[name] and row[name].strip()]
        given = {each.id: row[each.name] for each in samples if row[each.name] is not None}
        values = {key: value for key, value in given.items() if isfinite(value)}
        if words or values:
            yield to_us(row["timestamp"]), ": ".join(words), values


def _scope(field: pa.Field) -> str:
    metadata: dict[bytes, bytes] = field.metadata or {}
    return metadata.get(b"scope", b"").decode()


def _csv(table: pa.Table, columns: Sequence[Column], zone: str | None) -> bytes:
    """Return readings as CSV: UTC, the site's own time, and values with their units."""
    instant = pl.col("timestamp")
    cells = [(_UTC, "", instant.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))]
    if zone is not None:
        local = instant.dt.convert_time_zone(zone)
        cells.append((f"timestamp ({zone})", "", local.dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z")))
    titles = {each.name: _title(each) for each in columns}
    cells += [
        (titles.get(each.name, each.name), each.name, _harmless(each))
        for each in drop_flagged(table, ()).schema
        if each.name != "timestamp"
    ]
    cells += [
        (f"{titles.get(name, name)} flag", flag, pl.col(flag))
        for name, flag in roll_ups(table.schema).items()
    ]
    taken = Counter(title for title, _, _ in cells)
    named = [
        cell.alias(_heading(title if taken[title] == 1 or not name else f"{title} [{name}]"))
        for title, name, cell in cells
    ]
    file = io.BytesIO()
    pl.DataFrame(table).select(named).write_csv(file)
    return file.getvalue()


def _title(column: Column) -> str:
    unit = f"({column.unit})" if column.unit else ""
    return " ".join(filter(None, (column.scope, column.parameter, unit)))


def _heading(title: str) -> str:
    """Return a heading that is no formula to a spreadsheet."""
    return f"'{title}" if _FORMULA.match(title) else title


def _harmless(column: pa.Field) -> pl.Expr:
    """Return a column in which no text is a formula to a spreadsheet."""
    value = pl.col(column.name)
    if not pa.types.is_string(column.type):
        return value
    is_formula = value.str.contains(f"^(?:{_FORMULA.pattern})")
    return pl.when(is_formula).then(pl.concat_str(pl.lit("'"), value)).otherwise(value)


def _parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    with ParquetFile(file, table.schema) as parquet:
        parquet.write(table)
    return file.getvalue()
