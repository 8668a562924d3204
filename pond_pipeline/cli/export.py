"""The command `export`: rows as files for other programs, in folders by calendar if wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from typing_extensions import override

from pond_core import (
    AsOf,
    EntryType,
    ExistsError,
    NodePath,
    NotFoundError,
    Pond,
    Resolution,
    Snapshot,
    Track,
    Window,
    stream_rows,
)
from pond_pipeline.cli.apart import Apart
from pond_pipeline.cli.command import Invocation, command, json_option, pass_invocation
from pond_pipeline.cli.hive import Folders, Unit, whole_folder, workshop
from pond_pipeline.cli.instant import InstantType, as_of_option
from pond_pipeline.cli.observable import export_pages
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.cli.progress import tracking
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.row_file import FileFormat, write_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.cli.transfer import whole_file
from pond_pipeline.errors import ConfigError
from pond_pipeline.wording import below_hint, count_text

_ROWS = (EntryType.TABLE, EntryType.SERIES)


@dataclass(frozen=True, slots=True)
class Exported:
    """One table or series that was written.

    Attributes:
        path: It.
        destination: The file, or the folder.
        rows: How many rows were written.
        files: How many files they are in.
        bytes: Their size.
    """

    path: str
    destination: str
    rows: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Export:
    """What `export` wrote.

    Attributes:
        directory: Where to.
        txn: The pond as of this transaction.
        exported: Each table or series.
    """

    directory: str
    txn: int
    exported: tuple[Exported, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of each table or series.

    Attributes:
        form: As what it is written.
        by: What the folders of a series are made by; none for one file.
        zone: By which clocks.
        window: Which readings of a series.
        columns: Which columns; None is all.
        force: Whether to replace what is there.
    """

    form: FileFormat
    by: tuple[Unit, ...]
    zone: str
    window: Window
    columns: tuple[str, ...] | None
    force: bool


class UnitsType(click.ParamType[tuple[Unit, ...]]):
    """`year,month`: units of the calendar, the widest first."""

    name = "units"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Unit, ...]:
        units = tuple(Unit)
        wanted = str(value).split(",")
        if wanted != [unit.value for unit in units[: len(wanted)]]:
            self.fail(f"write year, or year,month and so on to hour, not {value}", param, ctx)
        return units[: len(wanted)]


@command(example="pond export '/combined/**' lake --by year,month")
@click.argument(
    "patterns",
    metavar="[GLOB]...",
    nargs=-1,
    type=PondPath(),
    help="Which tables and series; all of them if left out.",
)
@click.argument(
    "directory",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder: each goes below it, under its path.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([each.value for each in FileFormat]),
    default=FileFormat.PARQUET.value,
    show_default=True,
    help="What the files are; `arrow` is an IPC file without compression.",
)
@click.option(
    "--by",
    type=UnitsType(),
    help="Folders by `year`, `year,month`, `year,month,day` or `year,month,day,hour`.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    default="UTC",
    show_default=True,
    help=(
        "By which clocks the folders are made, such as `America/Los_Angeles`; instants "
        "in the files stay in UTC."
    ),
)
@click.option(
    "--since",
    type=InstantType(),
    help=(
        "Of series, the readings from this instant on: a time, a date, or `7d` (ago). "
        "Tables are refused with it, unless `--observable` takes them whole."
    ),
)
@click.option("--until", type=InstantType(), help="The end of that time, exclusive.")
@click.option(
    "--columns", metavar="A,B", help="Which columns; a series always has its `timestamp`."
)
@click.option(
    "--force",
    is_flag=True,
    help=(
        "Replace what an export made before; with `--observable`, also files of an export's that "
        "somebody edited. Folders that hold anything else are never replaced."
    ),
)
@click.option(
    "--observable",
    is_flag=True,
    help=(
        "Make DIR a project of Observable Framework, of pages and Parquet files by `--by`, "
        "`year` if left out. What changed is written. Rendered pages may be named, too; without "
        "a GLOB it is all but `/raw`, `/quarantine`, `/site` and `/sys`."
    ),
)
@as_of_option
@json_option
@pass_invocation
def export(
    invocation: Invocation,
    patterns: tuple[str, ...],
    directory: Path,
    *,
    form: str,
    by: tuple[Unit, ...] | None,
    timezone: str,
    since: datetime | None,
    until: datetime | None,
    columns: str | None,
    force: bool,
    observable: bool,
    as_of: AsOf | None,
    as_json: bool,
) -> None:
    """Write tables and series as files for other programs.

    Each that a pattern matches, or all of them, goes to DIR under its path: as one file, or with
    --by each series as folders such as year=2024/month=6, which other programs read as one table.
    With --observable DIR is a project of Observable Framework: pages of charts, and their files.
    """
    _check_no_file(directory)
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since is not before --until")
    Resolution.parse("1d", timezone)
    names = None if columns is None else tuple(columns.split(","))
    window = Window.of(since, until)
    order = Order(FileFormat(form), by or (), timezone, window, names, force)
    snapshot = Pond.open(invocation.pond).snapshot(as_of)
    if not patterns:
        _check_meant(snapshot, directory)
    if observable:
        export_pages(
            snapshot,
            patterns,
            directory,
            form=order.form,
            by=order.by,
            zone=timezone,
            window=window,
            columns=names,
            force=force,
            as_json=as_json,
        )
        return
    with tracking("exporting") as track:
        done = export_rows(snapshot, patterns or ("/**",), directory, order, track=track)
    if as_json:
        print_json(done)
    else:
        rows = sum(each.rows for each in done.exported)
        files = sum(each.files for each in done.exported)
        say(
            f"exported {len(done.exported)} tables and series to {directory}: "
            f"{count_text(rows, 'row')} in {count_text(files, 'file')}"
        )


def _check_no_file(directory: Path) -> None:
    """Refuse the name of a file, unless there is a folder of that name.

    Raises:
        UsageError: It is one.
    """
    if directory.suffix in {".csv", ".parquet", ".arrow"} and not directory.exists():
        what = f"{directory} would be a folder: each series is a file below it"
        one = f"one series alone goes into a file by `pond copy pond:/... {directory}`"
        raise click.UsageError(f"{what}; {one}")


def _check_meant(snapshot: Snapshot, directory: Path) -> None:
    """Refuse to export all of the pond to a folder that bears the name of something in it.

    Raises:
        UsageError: It does, and there is no such folder.
    """
    path = str(directory)
    if path.startswith("/") and not directory.exists() and snapshot.exists(path):
        what = f"{path} is in the pond: name the folder, too, to which it shall go"
        raise click.UsageError(what)


def export_rows(
    snapshot: Snapshot, patterns: Sequence[str], directory: Path, order: Order, *, track: Track
) -> Export:
    """Write what patterns match to the host; each file or folder of a series appears whole.

    Raises:
        NotFoundError: A pattern matches no table and no series.
        ExistsError: Something is there already, or two would have one name; where only the disk
            can tell that, those before the second one are written.
        ConfigError: A range of time is wanted of a table.
        SchemaError: A column is not there, or the format has no such type.
        OSError: The host refuses.
    """
    nodes = {node.path: node for pattern in patterns for node in _matches(snapshot, pattern)}
    targets: dict[Path, NodePath] = {}
    for path in sorted(nodes, key=str.encode):
        target = _target(nodes[path], directory, order)
        if target in targets:
            msg = f"{path} and {targets[target].path} would both be {target}"
            raise ExistsError(msg, path=path, hint="export one of them elsewhere")
        if target.exists() and not order.force:
            msg = f"{target} exists"
            raise ExistsError(msg, path=str(target), hint="replace it with --force")
        targets[target] = nodes[path]
    with workshop(directory) as shop:
        apart, done = Apart(), []
        for target, node in track(list(targets.items())):
            apart.check(target, node.path)
            done.append(_write(snapshot, node, target, order, shop))
            apart.note(target, node.path)
    return Export(str(directory), snapshot.txn, tuple(done))


def _matches(snapshot: Snapshot, pattern: str) -> list[NodePath]:
    """Return the tables and series that a path or pattern means."""
    if snapshot.exists(pattern):
        found = [snapshot.lookup(pattern)]
    else:
        found = [node for node, _ in snapshot.glob(pattern)]
    chosen = [node for node in found if node.entry_type in _ROWS]
    if not chosen:
        msg = f"{pattern} matches no table and no series"
        hint = below_hint(pattern)
        raise NotFoundError(
            msg, path=pattern, hint=hint if found else snapshot.nearest(pattern) or hint
        )
    return chosen


def _target(node: NodePath, directory: Path, order: Order) -> Path:
    path = directory / node.path.lstrip("/")
    if order.by and node.entry_type is EntryType.SERIES:
        return path
    return path.with_name(f"{path.name}.{order.form}")


def _write(snapshot: Snapshot, node: NodePath, target: Path, order: Order, shop: Path) -> Exported:
    is_table = node.entry_type is EntryType.TABLE
    if is_table and order.window != Window():
        what = f"{node.path} is a table: --since and --until are for series"
        raise ConfigError(what, hint="export tables by themselves")
    rows = stream_rows(snapshot, node.path, order.window, order.columns)
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_table or not order.by:
        with whole_file(target) as file:
            count = write_rows(file, rows, order.form)
            size = file.tell()
        return Exported(node.path, str(target), count, 1, size)
    with whole_folder(target, within=shop) as folder:
        folders = Folders(folder, rows, by=order.by, zone=order.zone, form=order.form)
        folders.write()
    return Exported(node.path, str(target), folders.rows, folders.files, folders.bytes)
