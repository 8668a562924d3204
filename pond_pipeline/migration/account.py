"""The readings of an original HydroVu resource, brought into `/raw/<name>`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
import pyarrow as pa

from pond_core import PondError, StoreError, Window, from_us, slice_window
from pond_pipeline.errors import MigrationError
from pond_pipeline.hydrovu import Names
from pond_pipeline.migration.deposit import add_readings, check_location, compare
from pond_pipeline.migration.dictionary import FLOOR, ColumnNames, read_dictionary, read_fetches
from pond_pipeline.migration.folder import Folder
from pond_pipeline.migration.instrument import Instrument, data_folder, nameless_series
from pond_pipeline.migration.listing import FileType, Item
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.report import Proof, SeriesReport, VersionReport
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.target import Target
from pond_pipeline.migration.version import Merged, Version, merge, read_version


@dataclass(frozen=True, slots=True)
class Odd:
    """A whole file that is not, or not wholly, readings: it is kept bit for bit.

    Attributes:
        folder: Its directory in the old pond.
        item: The file, of a series.
    """

    folder: Folder
    item: Item


@dataclass(frozen=True, slots=True)
class Account:
    """A HydroVu resource that is to be migrated.

    Attributes:
        resource: The resource.
        name: What it is called in the pond.
        instruments: Its instruments.
        names: Its dictionary.
        fetches: By location, when readings were last asked for, in microseconds.
        odd: Files that turned out not to be readings; added to while they are read.
    """

    resource: OldResource
    name: str
    instruments: Sequence[Instrument]
    names: Names
    fetches: Mapping[int, int]
    odd: list[Odd] = field(default_factory=list)

    @property
    def kept(self) -> str:
        """Where in the pond the odd files are kept."""
        return f"/migrated/{self.name}"

    @classmethod
    def of(
        cls, resource: OldResource, name: str, instruments: Sequence[Instrument], *, now_us: int
    ) -> "Account":
        """Return the account of a resource with what its tables say."""
        folder = resource.folder
        names = Names({}, {}) if folder is None else read_dictionary(folder)
        fetches = {} if folder is None else read_fetches(folder, now_us=now_us)
        return cls(resource, name, instruments, names, fetches)


def migrate_readings(
    account: Account, target: Target, remarks: Remarks
) -> Iterator[tuple[SeriesReport, datetime | None]]:
    """Bring the readings of an account into the pond, an instrument and a transaction at a time.

    Yields:
        What became of each series, and its first reading that is not impossible.
    """
    for instrument in account.instruments:
        if instrument.series:
            found = _Series(account, instrument, target, remarks).migrate()
            if found is not None:
                yield found
    for folder, item in nameless_series(account.resource):
        _keep(account, folder, item, "the name of its series ends with no location")


def odd_files(account: Account) -> Iterator[tuple[str, bytes]]:
    """Yield the odd files of an account by their names below `kept`."""
    for odd in account.odd:
        data = odd.folder.read(odd.item)
        if data is not None:
            yield f"{odd.item.name}/{odd.item.file_name}", data


class _Series:
    """The series of one instrument on its way."""

    def __init__(
        self, account: Account, instrument: Instrument, target: Target, remarks: Remarks
    ) -> None:
        self._account = account
        self._instrument = instrument
        self._target = target
        self._remarks = remarks
        self._path = f"/raw/{account.name}/{instrument.name}"

    def migrate(self) -> tuple[SeriesReport, datetime | None] | None:
        fetched_us = self._account.fetches.get(self._instrument.location_id)
        fetched_at = self._target.now if fetched_us is None else from_us(fetched_us)
        versions = list(self._versions())
        merged = merge(versions, fetched_at=fetched_at)
        try:
            check_location(self._target.read(), self._path, self._instrument.location_id)
            added, txn = self._deposit(merged.table)
            proof = self._prove(merged.table)
        except StoreError:
            raise
        except PondError as exc:
            hint = f"; {exc.hint}" if exc.hint else ""
            self._remarks.failed("series not taken", self._path, f"{exc}{hint}")
            return None
        self._tell_names(versions)
        report = self._report(versions, merged, fetched_at, added=added, txn=txn, proof=proof)
        possible = slice_window(merged.table, Window.of(FLOOR))
        return report, _ends(possible["timestamp"].cast(pa.int64()))[0]

    def _versions(self) -> Iterator[Version]:
        """Yield the versions that can be read, the oldest first; those of its own name last."""
        data, account = data_folder(self._account.resource), self._account
        names = ColumnNames(account.names, self._instrument.scopes)
        if data is None:
            return
        for name in self._instrument.series:
            for item in data.versions(name, FileType.SERIES):
                content = data.read(item)
                if content is None:
                    continue
                try:
                    version = read_version(content, names.resolve, where=data.where(item))
                except MigrationError as exc:
                    _keep(account, data, item, str(exc))
                    continue
                if not version.is_whole:
                    _keep(account, data, item, _lacking(version))
                yield version

    def _deposit(self, table: pa.Table) -> tuple[int, int | None]:
        if self._target.dry_run:
            now = self._target.now
            found = compare(self._target.read(), self._path, table, now=now)
            return found.absent.num_rows, None

        return self._target.change(
            lambda tx: add_readings(tx, self._path, table, now=self._target.now),
            message=f"readings of location {self._instrument.location_id}",
            path=self._path,
        )

    def _prove(self, table: pa.Table) -> Proof:
        """Read back what the pond holds now."""
        found = compare(self._target.read(), self._path, table, now=self._target.now)
        missing = found.absent.num_rows
        if missing and not self._target.dry_run:
            self._remarks.failed("readings missing", self._path, f"{missing} are not in the pond")
        if found.other:
            detail = f"of {found.other} readings the pond has another value, which stays"
            self._remarks.noted("other readings", self._path, detail)
        return Proof(found.rows, found.first, found.last, found.equal, found.other, missing)

    def _tell_names(self, versions: Sequence[Version]) -> None:
        columns = {column for each in versions for column in each.columns.values()}
        for column in sorted(columns, key=lambda column: column.column):
            if not column.is_known:
                detail = (
                    f"no parameter and unit, or more than one, are called {column.column!r}:"
                    f" the ids are made of the name, {column.parameter_id!r}"
                    f" in {column.unit_id!r}"
                )
                self._remarks.noted("column of no known id", self._path, detail)

    def _report(
        self,
        versions: Sequence[Version],
        merged: Merged,
        fetched_at: datetime,
        *,
        added: int,
        txn: int | None,
        proof: Proof,
    ) -> SeriesReport:
        first, last = _ends(merged.table["timestamp"].cast(pa.int64()))
        return SeriesReport(
            path=self._path,
            old=tuple(f"{self._account.resource.where}/data/{n}" for n in self._instrument.series),
            location=self._instrument.location_id,
            fetched_at=fetched_at,
            versions=tuple(_version_report(each) for each in versions),
            columns=tuple(dict.fromkeys(c for each in versions for c in each.columns.values())),
            rows=sum(each.rows for each in versions),
            instants=merged.instants,
            timeless=sum(each.timeless for each in versions),
            empty=sum(each.empty for each in versions),
            readings=sum(len(each.readings) for each in versions),
            distinct=merged.table.num_rows,
            repeated=merged.repeated,
            superseded=merged.superseded,
            superseded_first=merged.superseded_first,
            superseded_last=merged.superseded_last,
            superseded_sample=merged.sample,
            first=first,
            last=last,
            added=added,
            txn=txn,
            in_pond=proof,
        )


def _keep(account: Account, folder: Folder, item: Item, why: str) -> None:
    """Have a file kept as it is, and note why."""
    account.odd.append(Odd(folder, item))
    kept = f"{account.kept}/{item.name}/{item.file_name}"
    detail = f"{why}; the file is kept whole at {kept}"
    folder.remarks.failed("not readings", folder.where(item), detail)


def _lacking(version: Version) -> str:
    told = []
    if version.timeless:
        told.append(f"{version.timeless} of its rows have no instant that can be stored")
    if version.odd:
        told.append(f"these columns hold no numbers: {', '.join(map(repr, version.odd))}")
    return "; ".join(told)


def _version_report(version: Version) -> VersionReport:
    first, last = _ends(version.readings["timestamp"])
    return VersionReport(version.where, version.rows, len(version.readings), first, last)


def _ends(instants_us: "pl.Series | pa.ChunkedArray") -> tuple[datetime | None, datetime | None]:
    series = pl.Series(instants_us)
    first, last = series.min(), series.max()
    if first is None or last is None:
        return None, None
    return from_us(int(str(first))), from_us(int(str(last)))
