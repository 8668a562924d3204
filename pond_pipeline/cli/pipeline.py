"""What `pond run` and `pond demo` do: the pipeline in their own process, through Dagster."""

import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
import dagster as dg

from pond_core import Pond, Window
from pond_pipeline.apply import apply_resources
from pond_pipeline.cli import progress
from pond_pipeline.cli.bundled import simulator
from pond_pipeline.cli.command import HOME, Invocation
from pond_pipeline.cli.outcome import Outcome, print_outcome, raise_failures
from pond_pipeline.cli.render import print_json
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.due import due_periods, periods_of
from pond_pipeline.errors import ConfigError
from pond_pipeline.instance import open_instance
from pond_pipeline.periods import Period
from pond_pipeline.plan import HydroVuSource, Plan, Step, WebsiteStep, compile_plan
from pond_pipeline.reach import place_of
from pond_pipeline.runs import launch
from pond_pipeline.runs.launch import RunReport
from pond_pipeline.summary import summarize

_POND = ".pond"

_OF_MAKE = ".venv/bin/pond"
"""The command where `make` has set all up."""


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
    reprocess: bool,
    variables: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Do what `pond run` says."""
    plan = _plan(file, dict(variables))
    steps = launch.select_steps(plan, patterns)
    known = sorted({p for step in steps for p in periods_of(plan, step, now=datetime.now(UTC))})
    asked = _periods(known, partition, first, last)
    periods = asked or (known if reprocess else [])
    how = {"refetch": refetch, "allow_shrink": allow_shrink, "reprocess": reprocess}
    _record(invocation, file, dict(variables), steps, author="pond run")
    outcome = _execute(invocation, plan, steps, periods, file=file, home=home, **how)
    _print(outcome, as_json=as_json)
    raise_failures(outcome)


def demo(invocation: Invocation, *, file: Path, home: Path, as_json: bool) -> None:
    """Do what `pond demo` says."""
    plan = _plan(file, {})
    with simulator():
        _record(invocation, file, {}, plan.steps, author="pond demo")
        outcome = _execute(invocation, plan, plan.steps, [], file=file, home=home)
    _print(outcome, as_json=as_json)
    raise_failures(outcome)
    _say_what_next(invocation, plan, home)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print_json(outcome)
    else:
        print_outcome(outcome)


def _plan(file: Path, variables: Mapping[str, str]) -> Plan:
    return compile_plan(read_documents(file, variables=variables), root=file.absolute().parent)


def _record(
    invocation: Invocation,
    file: Path,
    variables: Mapping[str, str],
    steps: Sequence[Step],
    *,
    author: str,
) -> None:
    """Apply the file when nothing that the steps need is missing: what runs is what is recorded."""
    _check_environment(file.absolute().parent, steps)
    apply_resources(file, pond=invocation.pond, variables=variables, author=author)


def _periods(
    known: Sequence[Period], partition: str | None, first: str | None, last: str | None
) -> list[Period]:
    """Return the known periods that touch what was asked for; none if nothing was."""
    if partition is not None and (first or last):
        raise click.UsageError("--partition is one period, --from and --to are several")
    if partition is None and first is None and last is None:
        return []
    if not known:
        msg = "what is selected has no periods"
        raise ConfigError(msg, hint="run it without --partition, --from and --to")
    begin = _period(partition or first, known) or known[0]
    end = _period(partition or last, known) or known[-1]
    if end.start < begin.start:
        raise click.UsageError(f"--to {end} is before --from {begin}")
    span = Window(begin.window.start_us, end.window.end_us)
    return [each for each in known if each.window.overlaps(span)]


def _period(key: str | None, known: Sequence[Period]) -> Period | None:
    if key is None:
        return None
    try:
        period = Period.parse(key)
    except ValueError:
        raise click.UsageError(f"{key!r} is no period; write e.g. {known[-1]}") from None
    if not any(period.window.overlaps(each.window) for each in known):
        raise click.UsageError(f"{period} is none of the periods {known[0]} to {known[-1]}")
    return period


def _execute(
    invocation: Invocation,
    plan: Plan,
    steps: Sequence[Step],
    periods: Sequence[Period],
    *,
    file: Path,
    home: Path,
    **how: bool,
) -> Outcome:
    """Run steps over periods; without periods, over those that are behind."""
    # backfill_policy and pool are what Dagster calls beta; it warns at every use of them.
    warnings.simplefilter("ignore", dg.BetaWarning)
    warnings.simplefilter("ignore", dg.PreviewWarning)
    root = file.absolute().parent
    pond = Pond.init(invocation.pond, exist_ok=True)
    before = pond.snapshot().txn
    reports: list[RunReport] = []
    with (
        _kept_at_ctrl_c(),
        open_instance(home) as instance,
        progress.steps(len(steps)) as told,
    ):
        for block in _blocks(plan, steps, periods, pond=place_of(invocation.pond)):
            reports += launch.run(
                plan,
                steps,
                block,
                root=root,
                pond=place_of(invocation.pond),
                instance=instance,
                progress=told,
                **how,
            )
    assets = tuple(summarize(plan, pond.snapshot()))
    changed = tuple(each.path for each in assets if each.txn is not None and each.txn > before)
    return Outcome(str(invocation.pond), tuple(reports), assets, changed)


@contextmanager
def _kept_at_ctrl_c() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say("what was collected is kept; run it again to complete it")
        raise


def _blocks(
    plan: Plan, steps: Sequence[Step], periods: Sequence[Period], *, pond: str | Path
) -> Iterator[list[Period]]:
    """Yield the periods that were asked for, or those behind, and what these bring to light.

    A file that a run collects may hold periods that nobody knew to be missing.
    """
    if periods:
        yield list(periods)
        return
    done: set[Period] = set()
    while due := [
        period
        for period in due_periods(plan, steps, pond=pond, now=datetime.now(UTC))
        if period not in done
    ]:
        yield due
        done.update(due)
    if not done and any(step.cadence is None for step in steps):
        yield []
    elif not done:
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
    texts = [
        text
        for step in steps
        if isinstance(source := getattr(step, "source", None), HydroVuSource)
        for text in (source.base_url, source.key, source.secret)
    ]
    missing = dict.fromkeys(name for text in texts for name in text.missing(environment.values))
    if len(missing) > 1:
        msg = f"the environment variables {', '.join(missing)} are not set, or set to nothing"
        raise ConfigError(msg, hint="add NAME=... lines to .env beside resources.yaml")
    for text in texts:
        text.resolve(environment.values)


def _say_what_next(invocation: Invocation, plan: Plan, home: Path) -> None:
    pond = _OF_MAKE if Path(_OF_MAKE).exists() else "pond"
    is_usual = invocation.pond == Path(_POND) and home == Path(HOME)
    if invocation.pond != Path(_POND):
        pond += f" --pond {invocation.pond}"
    up = f"{pond} up" if home == Path(HOME) else f"{pond} up --home {home}"
    if is_usual and Path("Makefile").exists() and shutil.which("make"):
        up = "make up"
    average = 'avg("AT500_Surface.Temperature.C")'
    for line in (
        f"the pond is at {place_of(invocation.pond)}; try next:",
        f"  {pond} ls -l '/reduced/**'",
        f"  {pond} cat /combined/harbor/Wharf --since 2d",
        f"""  {pond} sql 'SELECT {average} FROM "/combined/harbor/Wharf"'""",
        f"  {up}        # the Dagster UI on this pond",
        *(
            f"and open the website: {step.folder / 'index.html'}"
            for step in plan.steps
            if isinstance(step, WebsiteStep)
        ),
    ):
        say(line)
