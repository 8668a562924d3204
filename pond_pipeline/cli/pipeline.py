"""The commands that run Dagster: `run`, `demo` and `up`."""

import os
import signal
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import dagster as dg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pond_core import Pond
from pond_pipeline import runs
from pond_pipeline.apply import apply_resources
from pond_pipeline.cli.command import (
    Invocation,
    command,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.due import all_months, due_months
from pond_pipeline.errors import ConfigError, PipelineError
from pond_pipeline.instance import open_instance
from pond_pipeline.lost_runs import serving
from pond_pipeline.months import Month, months_between
from pond_pipeline.plan import HydroVuSource, Plan, Step, compile_plan
from pond_pipeline.runs import RunReport
from pond_pipeline.server import Server
from pond_pipeline.simulator import Simulator, harbor
from pond_pipeline.summary import AssetSummary, summarize

_HOME = ".dagster"
_POND = ".pond"
_DEMO_PAGE_DAYS = 31
_DEMO_RATE = 100_000
_SIMULATOR_URL = "HYDROVU_URL"
_SIMULATOR_KEY = "HYDROVU_KEY"

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="DAGSTER_HOME",
    default=_HOME,
    show_default=True,
    help="Dagster's home: its runs and events.",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What `pond run --json` prints.

    Attributes:
        pond: Its directory.
        runs: What each Dagster run came to.
        assets: What the assets hold now.
        changed: The paths of assets whose content a run wrote.
    """

    pond: str
    runs: tuple[RunReport, ...]
    assets: tuple[AssetSummary, ...]
    changed: tuple[str, ...]


@command(example="pond run --select '/combined/**' --from 2026-01 --to 2026-03")
@resources_option
@home_option
@click.option("--select", "patterns", multiple=True, metavar="GLOB", help="Which assets; all.")
@click.option("--partition", metavar="MONTH", help="One month, e.g. 2026-11.")
@click.option("--from", "first", metavar="MONTH", help="The first of several months.")
@click.option("--to", "last", metavar="MONTH", help="The last of them.")
@click.option("--refetch", is_flag=True, help="Ask sources for these months again, whole.")
@click.option("--allow-shrink", is_flag=True, help="Let a refetch bring fewer readings.")
@variables_option
@json_option
@pass_invocation
def run(
    invocation: Invocation,
    *,
    file: Path,
    home: Path,
    patterns: tuple[str, ...],
    partition: str | None,
    first: str | None,
    last: str | None,
    refetch: bool,
    allow_shrink: bool,
    variables: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Collect and compute what is missing, through Dagster.

    Without months: those that are missing or behind, and the one that is running. The runs appear
    in the UI. What is up to date already is not computed, and what does not change not written.
    """
    plan = _plan(file, dict(variables))
    steps = runs.select_steps(plan, patterns)
    months = _months(plan, partition, first, last, now=datetime.now(UTC))
    tags = {"refetch": refetch, "allow_shrink": allow_shrink}
    outcome = _execute(invocation, plan, steps, months, file=file, home=home, **tags)
    if as_json:
        print_json(outcome)
    else:
        _print_outcome(outcome)
    _raise_failures(outcome)


@command(example="pond demo")
@resources_option
@home_option
@pass_invocation
def demo(invocation: Invocation, *, file: Path, home: Path) -> None:
    """Run the whole pipeline against the bundled HydroVu simulator.

    The simulator serves a small harbor up to the present hour: run it again later, and it collects
    what is new.
    """
    apply_resources(file, pond=invocation.pond)
    with _simulator():
        plan = _plan(file, {})
        outcome = _execute(invocation, plan, plan.steps, [], file=file, home=home)
    _print_outcome(outcome)
    _raise_failures(outcome)
    _say_what_next(invocation, home)


@command(example="pond up --port 3000")
@resources_option
@home_option
@click.option("--port", default=3000, show_default=True, help="Where the UI is.")
@pass_invocation
def up(invocation: Invocation, *, file: Path, home: Path, port: int) -> None:
    """Start the Dagster UI and daemon, on this machine only, until Ctrl-C.

    Where no HydroVu account is configured, the bundled simulator is started too.
    """
    plan = _plan(file, {})
    folder = file.absolute().parent
    with (
        open_instance(home) as instance,
        serving(instance),
        _simulator_if_needed(plan, folder) as environ,
    ):
        places = {
            "POND": str(invocation.pond.absolute()),
            "POND_RESOURCES": str(file.absolute()),
        }
        server = Server(home.absolute(), port=port, environ={**environ, **places}, folder=folder)
        stop = _stop_signal()
        try:
            server.start(stopped=lambda: bool(stop))
            if not stop:
                say(f"Dagster is at {server.url}; Ctrl-C stops it")
            server.serve(stopped=lambda: bool(stop))
        finally:
            server.stop()
    say("stopped")


def _plan(file: Path, variables: Mapping[str, str]) -> Plan:
    return compile_plan(read_documents(file, variables=variables), root=file.absolute().parent)


def _months(
    plan: Plan, partition: str | None, first: str | None, last: str | None, *, now: datetime
) -> list[Month]:
    if partition is not None and (first or last):
        raise click.UsageError("--partition is one month, --from and --to are several")
    known = all_months(plan, now=now)
    if partition is None and first is None and last is None:
        return []
    if not known:
        raise ConfigError("there are no months: resources.yaml has no source")
    begin = _month(partition or first, known) or known[0]
    end = _month(partition or last, known) or known[-1]
    if end < begin:
        raise click.UsageError(f"--to {end} is before --from {begin}")
    return months_between(begin, end)


def _month(key: str | None, known: Sequence[Month]) -> Month | None:
    if key is None:
        return None
    try:
        month = Month.parse(key)
    except ValueError:
        raise click.UsageError(f"{key!r} is no month; write e.g. {known[-1]}") from None
    if month not in known:
        raise click.UsageError(f"{month} is none of the months {known[0]} to {known[-1]}")
    return month


def _execute(
    invocation: Invocation,
    plan: Plan,
    steps: Sequence[Step],
    months: Sequence[Month],
    *,
    file: Path,
    home: Path,
    **how: bool,
) -> Outcome:
    """Run steps over months; without months, over those that are behind."""
    # backfill_policy and pool are what Dagster calls beta; it warns at every use of them.
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    root = file.absolute().parent
    _check_environment(root, steps)
    pond = Pond.init(invocation.pond, exist_ok=True)
    before = pond.snapshot().txn
    reports: list[RunReport] = []
    with open_instance(home) as instance, _progress(len(steps)) as progress:
        for block in _blocks(plan, steps, months, pond=pond.path.absolute()):
            reports += runs.run(
                plan,
                steps,
                block,
                root=root,
                pond=pond.path.absolute(),
                instance=instance,
                progress=progress,
                **how,
            )
    assets = tuple(summarize(plan, pond.snapshot()))
    changed = tuple(each.path for each in assets if each.txn is not None and each.txn > before)
    return Outcome(str(invocation.pond), tuple(reports), assets, changed)


def _blocks(
    plan: Plan, steps: Sequence[Step], months: Sequence[Month], *, pond: Path
) -> Iterator[list[Month]]:
    """Yield the months that were asked for, or those behind, and what these bring to light.

    A file that a run collects may hold months that nobody knew to be missing.
    """
    if months:
        yield list(months)
        return
    done: set[Month] = set()
    while due := [
        month
        for month in due_months(plan, steps, pond=pond, now=datetime.now(UTC))
        if month not in done
    ]:
        yield due
        done.update(due)
    if not done:
        say(_nothing_to_do(plan))


def _nothing_to_do(plan: Plan) -> str:
    if plan.start is None:
        return "resources.yaml has no source: there is nothing to collect"
    return f"nothing begins before {plan.start}: there is nothing to collect yet"


def _check_environment(root: Path, steps: Sequence[Step]) -> None:
    """Refuse before anything is done when a variable that a step needs is not set."""
    environment = read_environment(root)
    for warning in environment.warnings:
        say(f"warning: {warning}")
    for step in steps:
        source = getattr(step, "source", None)
        if isinstance(source, HydroVuSource):
            for text in (source.base_url, source.key, source.secret):
                text.resolve(environment.values)


@contextmanager
def _progress(total: int) -> Iterator[runs.Progress]:
    """Show on a terminal how many steps are done; elsewhere nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("collecting", total=total)
        yield lambda path: bar.update(task, advance=1, description=path)


def _print_outcome(outcome: Outcome) -> None:
    print_rows(
        ("asset", "rows", "first", "last", "txn", ""),
        [
            (
                each.path,
                each.rows if each.files is None else f"{each.files} files",
                _minute(each.first),
                _minute(each.last),
                each.txn,
                "written" if each.path in outcome.changed else "unchanged",
            )
            for each in outcome.assets
        ],
    )
    for report in outcome.runs:
        for failure in report.warnings:
            say(f"check failed: {failure.path}: {failure.reason}")


def _minute(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M}Z"


def _raise_failures(outcome: Outcome) -> None:
    failures = [failure for report in outcome.runs for failure in report.failures]
    skipped = [path for report in outcome.runs for path in report.skipped]
    unmet = [failure for report in outcome.runs for failure in report.warnings]
    if failures:
        lines = [f"{failure.path}: {failure.reason}" for failure in failures]
        if skipped:
            lines.append(f"not made, since they come after: {', '.join(skipped)}")
        raise PipelineError(
            "\n".join(lines), hint="what was collected is kept; run it again to complete it"
        )
    if unmet:
        paths = ", ".join(sorted({failure.path for failure in unmet}))
        raise PipelineError(f"all is made, but checks failed: {paths}", hint="see above")


@contextmanager
def _simulator() -> Iterator[None]:
    """Serve the harbor while the block runs, in larger pages and faster than the real API does."""
    with Simulator(harbor(), page_days=_DEMO_PAGE_DAYS, rate_per_minute=_DEMO_RATE) as simulator:
        os.environ[_SIMULATOR_URL] = simulator.base_url
        try:
            yield
        finally:
            del os.environ[_SIMULATOR_URL]


@contextmanager
def _simulator_if_needed(plan: Plan, folder: Path) -> Iterator[dict[str, str]]:
    """Give the environment of the UI's processes; without an account, with the simulator in it.

    It is needed where a source takes its address from a variable that nobody has set, nor a key.
    """
    environ = dict(read_environment(folder).values)
    asks = any(
        isinstance(source, HydroVuSource) and _SIMULATOR_URL in source.base_url.template
        for source in plan.sources
    )
    if not asks or environ.get(_SIMULATOR_URL) or environ.get(_SIMULATOR_KEY):
        yield environ
        return
    with _simulator():
        say(f"no {_SIMULATOR_KEY} is set: the bundled simulator answers instead of HydroVu")
        yield {**environ, _SIMULATOR_URL: os.environ[_SIMULATOR_URL]}


def _stop_signal() -> list[int]:
    """Return a list that holds something once somebody wants us to stop."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: received.append(number))
    return received


def _say_what_next(invocation: Invocation, home: Path) -> None:
    pond = ".venv/bin/pond"
    if invocation.pond != Path(_POND):
        pond += f" --pond {invocation.pond}"
    up = "make up" if pond.endswith("pond") and home == Path(_HOME) else f"{pond} up --home {home}"
    average = 'avg("AT500_Surface.Temperature.C")'
    for line in (
        f"the pond is at {invocation.pond.absolute()}; try next:",
        f"  {pond} ls -l '/reduced/**'",
        f"  {pond} cat /combined/harbor/Wharf --since 2d",
        f"""  {pond} sql 'SELECT {average} FROM "/combined/harbor/Wharf"'""",
        f"  {up}        # the Dagster UI on this pond",
    ):
        say(line)
