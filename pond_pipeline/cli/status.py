"""The command `status`: whether all is well, without asking anybody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from typing_extensions import override

from pond_core import Header, from_us
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.instant import iso, lasting
from pond_pipeline.cli.render import print_facts, print_json, print_lines, print_rows
from pond_pipeline.concern import Concern
from pond_pipeline.standing import Standing
from pond_pipeline.status import Heard, Status, status_of
from pond_pipeline.wording import duration_text


@dataclass(frozen=True, slots=True)
class OfRun:
    """The newest transaction that a Dagster run made."""

    run_id: str
    asset: str
    txn: int
    committed: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What `status --json` prints."""

    place: str
    id: str
    replica: bool
    format: int
    txn: int
    committed: datetime | None
    author: str | None
    run: OfRun | None
    horizon: int
    kept: int
    log_files: int
    log_bytes: int
    objects: int | None
    object_bytes: int | None
    free_bytes: int
    upkeep_due: bool
    set_aside: int
    series: tuple[Heard, ...]
    backups: tuple[Standing, ...]
    warnings: tuple[Concern, ...]


class DurationType(click.ParamType[timedelta]):
    """`12h`, `7d`."""

    name = "duration"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        try:
            return lasting(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


@command(example="pond status --check")
@resources_option
@variables_option
@click.option(
    "--behind",
    type=DurationType(),
    default="2d",
    show_default=True,
    help="How long a backup may lack a transaction, such as `12h`.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Fail where there are warnings; where there are none, print nothing.",
)
@json_option
@pass_invocation
def status(
    invocation: Invocation,
    *,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    behind: timedelta,
    check: bool,
    as_json: bool,
) -> None:
    """Say whether all is well: the pond, its instruments, its backups.

    Nobody is asked: it is told what this machine knows, of backups since it last spoke to them.
    What somebody should look at stands at the end, with what to do.
    """
    now = datetime.now(UTC)
    found = status_of(invocation.pond, file=file, variables=dict(variables), now=now, behind=behind)
    if as_json:
        print_json(_shown(found))
    elif found.concerns or not check:
        _print(found)
    if check and found.concerns:
        raise click.exceptions.Exit(1)


def _shown(status: Status) -> Shown:
    overview, newest, of_a_run = status.overview, status.newest, status.of_a_run
    return Shown(
        place=overview.label,
        id=overview.id,
        replica=overview.is_replica,
        format=overview.format,
        txn=overview.txn,
        committed=None if newest is None else from_us(newest.ts_us),
        author=None if newest is None else newest.provenance.author,
        run=None if of_a_run is None else _of_run(of_a_run),
        horizon=overview.horizon,
        kept=overview.kept,
        log_files=status.sizes.log_files,
        log_bytes=status.sizes.log_bytes,
        objects=status.sizes.objects,
        object_bytes=status.sizes.object_bytes,
        free_bytes=status.sizes.free_bytes,
        upkeep_due=status.is_upkeep_due,
        set_aside=status.set_aside,
        series=status.series,
        backups=status.backups,
        warnings=status.concerns,
    )


def _of_run(header: Header) -> OfRun:
    made = header.provenance
    return OfRun(made.run_id, made.asset, header.txn, from_us(header.ts_us))


def _print(status: Status) -> None:
    _print_facts(status)
    if status.series:
        print_lines([""])
        print_rows(
            ("series", "newest", "age", "late", ""),
            [
                (each.path, _minute(each.newest), _lasted(each.age_s), _word(each), each.text)
                for each in status.series
            ],
        )
    if status.backups:
        print_lines([""])
        print_rows(
            ("backup", "place", "way", "txn", "committed", "behind", "since", "last tried", ""),
            [
                (
                    each.resource,
                    each.place,
                    each.way,
                    each.txn,
                    _minute(each.committed),
                    each.behind_txns,
                    _lasted(each.waiting_s),
                    _minute(each.tried),
                    each.error,
                )
                for each in status.backups
            ],
        )
    if status.concerns:
        print_lines(["", f"warnings: {len(status.concerns)}"])
        for concern in status.concerns:
            print_lines([f"- {concern.what}", f"  hint: {concern.hint}"])


def _print_facts(status: Status) -> None:
    overview, sizes, newest = status.overview, status.sizes, status.newest
    run = "" if status.of_a_run is None else status.of_a_run.provenance.run_id
    asset = "" if status.of_a_run is None else f", {status.of_a_run.provenance.asset}"
    objects = None if sizes.objects is None else f"{sizes.objects} files, {sizes.object_bytes} B"
    print_facts(
        {
            "replica" if overview.is_replica else "pond": overview.label,
            "id": overview.id,
            "format": overview.format,
            "txn": overview.txn,
            "committed": None if newest is None else iso(newest.ts_us),
            "by": None if newest is None else newest.provenance.author,
            "last run": f"{run}{asset}",
            "first txn that can be shown": overview.horizon,
            "txns before it that are kept": overview.kept,
            "log": f"{sizes.log_files} files, {sizes.log_bytes} B",
            "objects": objects,
            "free on its disk": f"{sizes.free_bytes >> 20} MiB",
            "upkeep": "is due" if status.is_upkeep_due else "is not due",
            "files set aside": status.set_aside,
        }
    )


def _word(each: Heard) -> str | None:
    return None if each.is_late is None else "late" if each.is_late else "no"


def _minute(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M}Z"


def _lasted(duration_s: float | None) -> str | None:
    return None if duration_s is None else duration_text(timedelta(seconds=duration_s))
