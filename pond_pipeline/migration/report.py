"""What a migration came to: of each series the proof that all of it is in the pond."""

from dataclasses import dataclass
from datetime import datetime

from pond_pipeline.migration.dictionary import ColumnIds
from pond_pipeline.migration.remark import Grade, Remark
from pond_pipeline.migration.version import Superseded


@dataclass(frozen=True, slots=True)
class VersionReport:
    """One version of an old series.

    Attributes:
        file: The path of its file in the old pond.
        rows: All rows of the file.
        readings: Its values that have an instant: a row may have several, or none.
        first: The earliest instant of these; None without any.
        last: The latest.
    """

    file: str
    rows: int
    readings: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What the pond holds of a series, read back from it afterwards.

    Attributes:
        rows: All readings that the pond has there, whoever brought them.
        first: The earliest; None without any.
        last: The latest.
        equal: How many of the old readings it has as they were.
        other: How many it has with another value, which was there before.
        missing: How many it does not have: 0 where all went well.
    """

    rows: int
    first: datetime | None
    last: datetime | None
    equal: int
    other: int
    missing: int


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What became of one instrument.

    `readings` = `distinct` + `repeated` + `superseded`, and `distinct` = `in_pond.equal` +
    `in_pond.other` + `in_pond.missing`.

    Attributes:
        path: Where its readings are in the pond.
        old: The paths of its series in the old pond.
        location: The API's id.
        fetched_at: What is recorded of readings that came new into the pond.
        versions: Those that could be read, the oldest first.
        columns: What the columns of all versions hold.
        rows: Rows of all versions.
        instants: Distinct instants of these rows.
        timeless: Rows without an instant that can be stored.
        empty: Rows with an instant and without a value.
        readings: Values with an instant, in all versions.
        distinct: Of these, those that count.
        repeated: Those that say what the one that counts says, too.
        superseded: Those that say something else than the one that counts.
        superseded_first: The earliest of these; None without any.
        superseded_last: The latest.
        superseded_sample: The first few of these.
        first: The earliest reading; None without any.
        last: The latest.
        added: How many readings came new into the pond; in a dry run, how many would.
        txn: The transaction that brought them; None without any.
        in_pond: What the pond holds now.
    """

    path: str
    old: tuple[str, ...]
    location: int
    fetched_at: datetime
    versions: tuple[VersionReport, ...]
    columns: tuple[ColumnIds, ...]
    rows: int
    instants: int
    timeless: int
    empty: int
    readings: int
    distinct: int
    repeated: int
    superseded: int
    superseded_first: datetime | None
    superseded_last: datetime | None
    superseded_sample: tuple[Superseded, ...]
    first: datetime | None
    last: datetime | None
    added: int
    txn: int | None
    in_pond: Proof


@dataclass(frozen=True, slots=True)
class FilesReport:
    """What became of the files of one resource.

    `files` = `added` + `equal` + `other`, and those that a remark says could not be taken.

    Attributes:
        path: Their directory in the pond.
        old: The path of the resource in the old pond.
        files: How many whole files there are.
        bytes: What they hold in all.
        added: How many came new into the pond, and were read back; in a dry run, would come.
        equal: How many the pond had already.
        other: How many it has with other bytes, which stay.
    """

    path: str
    old: str
    files: int
    bytes: int
    added: int
    equal: int
    other: int


@dataclass(frozen=True, slots=True)
class TableReport:
    """What became of a dictionary.

    Attributes:
        path: Where it is in the pond.
        rows: How many rows the pond has there now.
        added: How many of these came new.
    """

    path: str
    rows: int
    added: int


@dataclass(frozen=True, slots=True)
class Alias:
    """A symlink of an old name.

    Attributes:
        path: Where it is: the old path of a resource.
        target: What it leads to.
        is_new: Whether it came new into the pond.
    """

    path: str
    target: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class ResourcesReport:
    """What became of the resources.

    Attributes:
        file: The YAML file.
        state: `written`; `unchanged`: it was there already, the same; `kept`: another one is there;
            `foreseen`: it was not written, in a dry run.
        resources: The resources that it holds, as `Kind/name`, in order.
        variables: The variables that it asks the environment for.
        secrets: The file into which their values were written; None where none was asked for.
    """

    file: str
    state: str
    resources: tuple[str, ...]
    variables: tuple[str, ...]
    secrets: str | None


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration came to.

    Attributes:
        old: The directory of the old pond.
        pond: That of the pond.
        dry_run: Whether this is only what would be.
        txn: The newest transaction of the migration; None where nothing was written.
        resources: What became of the resources.
        series: Of the instruments.
        tables: Of the dictionaries.
        files: Of the files.
        aliases: Of the names.
        remarks: What else there is to know, what failed first.
    """

    old: str
    pond: str
    dry_run: bool
    txn: int | None
    resources: ResourcesReport
    series: tuple[SeriesReport, ...]
    tables: tuple[TableReport, ...]
    files: tuple[FilesReport, ...]
    aliases: tuple[Alias, ...]
    remarks: tuple[Remark, ...]

    def of_grade(self, grade: Grade) -> list[Remark]:
        """Return the remarks of one grade."""
        return [remark for remark in self.remarks if remark.grade is grade]
