"""The names of an original pond: an account's dictionary, and the paths of its resources."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from pond_core import EntryType, PondError, ReadFS, StoreError, Transaction
from pond_pipeline.migration.account import Account
from pond_pipeline.migration.dictionary import read_old_locations
from pond_pipeline.migration.remark import Remarks
from pond_pipeline.migration.report import Alias, TableReport
from pond_pipeline.migration.resource import OldResource
from pond_pipeline.migration.target import Target
from pond_pipeline.steps.dictionaries import locations_table, names_table, read_names

_TREES = {
    "HydroVu": "raw",
    "Inbox": "raw",
    "Derive": "derived",
    "Combine": "combined",
    "Reduce": "reduced",
    "Template": "rendered",
}
"""Where each kind's paths begin in the pond."""


def migrate_dictionary(account: Account, target: Target, remarks: Remarks) -> list[TableReport]:
    """Bring the names of ids and the locations of an account into the pond.

    A name that the pond has stays, and so does its list of locations, which each run of the
    pipeline replaces whole.
    """
    folder, top = account.resource.folder, f"/raw/{account.name}"
    if folder is None:
        return []
    locations = read_old_locations(folder)

    def wanted(fs: ReadFS) -> dict[str, pa.Table]:
        paths = f"{top}/units", f"{top}/parameters", f"{top}/locations"
        units, parameters, places = paths
        known = read_names(fs, units=units, parameters=parameters)
        old = account.names
        tables = {
            units: names_table({**old.units, **known.units}),
            parameters: names_table({**old.parameters, **known.parameters}),
            places: fs.read_table(places) if fs.exists(places) else locations_table(locations),
        }
        return {path: table for path, table in tables.items() if table.num_rows}

    try:
        before = _rows(target.read(), wanted(target.read()))
        if not target.dry_run:
            target.change(
                lambda tx: _write(tx, wanted(tx)),
                message=f"names and locations of {account.name}",
                path=top,
            )
        fs = target.read()
        now = wanted(fs) if target.dry_run else {path: fs.read_table(path) for path in before}
    except StoreError:
        raise
    except PondError as exc:
        remarks.failed("names not taken", top, str(exc))
        return []
    return [
        TableReport(path, table.num_rows, table.num_rows - before[path])
        for path, table in now.items()
    ]


def migrate_aliases(
    named: Sequence[tuple[OldResource, str]], target: Target, remarks: Remarks
) -> list[Alias]:
    """Make of each name that a resource had a symlink to where its paths are now."""
    targets = {
        f"/{resource.kind}/{alias}": f"/{_TREES[resource.kind]}/{name}"
        for resource, name in named
        for alias in (resource.name, *resource.aliases)
    }
    before = {path: _leads_to(target.read(), path) for path in targets}
    absent = {path: lead for path, lead in targets.items() if before[path] is None}
    if absent and not target.dry_run:
        refused, _ = target.change(
            lambda tx: _link(tx, absent), message=f"{len(absent)} old names", path="/"
        )
        for path, why in refused.items():
            remarks.failed("name not taken", path, why)
    fs = target.read()
    aliases = []
    for path, lead in targets.items():
        found = _leads_to(fs, path)
        if found == lead or (target.dry_run and found is None):
            aliases.append(Alias(path, lead, is_new=path in absent))
        elif found is not None:
            remarks.noted("another name", path, f"the pond has {found} there, which stays")
    return aliases


def _rows(fs: ReadFS, wanted: Mapping[str, pa.Table]) -> dict[str, int]:
    return {path: fs.read_table(path).num_rows if fs.exists(path) else 0 for path in wanted}


def _write(tx: Transaction, tables: Mapping[str, pa.Table]) -> None:
    for path, table in tables.items():
        if not tx.exists(path) or not tx.read_table(path).equals(table):
            tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
            tx.write_table(path, table)


def _leads_to(fs: ReadFS, path: str) -> str | None:
    """Return what a symlink leads to; of what is none, what it is; None where nothing is."""
    try:
        entry = fs.lookup(path, follow=False).entry
        return (
            fs.readlink(path) if entry.entry_type is EntryType.SYMLINK else f"a {entry.entry_type}"
        )
    except PondError:
        return None


def _link(tx: Transaction, targets: Mapping[str, str]) -> dict[str, str]:
    """Make symlinks; return by path why one could not be made."""
    refused = {}
    for path, lead in targets.items():
        try:
            tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
            tx.symlink(path, lead)
        except StoreError:
            raise
        except PondError as exc:
            refused[path] = str(exc)
    return refused
