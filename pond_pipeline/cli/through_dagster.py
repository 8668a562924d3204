"""The commands that go through Dagster: run, demo, sync-dagster, up.

They are declared here, and done by modules that import Dagster, which takes seconds: help and
completion do without.
"""

from typing import Any

import click

from pond_pipeline.cli.command import (
    Invocation,
    command,
    home_option,
    json_option,
    lenient_resources_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.pond_path import PondPath
from pond_pipeline.runs.keep import KEEP_RUNS, KEEP_RUNS_DAYS


@command(example="pond run --select '/combined/**' --from 2026-01 --to 2026-03")
@resources_option
@home_option
@click.option(
    "--select",
    "patterns",
    multiple=True,
    metavar="GLOB",
    type=PondPath(),
    help="Which assets; may be given several times; all if left out.",
)
@click.option(
    "--partition",
    metavar="PERIOD",
    help=(
        "One period, such as `2026-11`. Of a source by day it means all days of that "
        "month; so do `2026-11-05` and `2026`, of a source by month, the month or "
        "months that they touch."
    ),
)
@click.option("--from", "first", metavar="PERIOD", help="The first of several periods.")
@click.option("--to", "last", metavar="PERIOD", help="The last of them, which is included.")
@click.option("--refetch", is_flag=True, help="Ask the sources for these periods again, whole.")
@click.option(
    "--allow-shrink",
    is_flag=True,
    help=(
        "Let a refetch bring fewer readings than are stored; without it such a refetch "
        "fails with both counts and replaces nothing."
    ),
)
@click.option(
    "--reprocess",
    is_flag=True,
    help=(
        "Compute what is up to date, too, from what is stored; without periods, all of "
        "them. What comes out the same is not written."
    ),
)
@variables_option
@json_option
@pass_invocation
def run(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 -- those above
    """Collect and compute what is missing, through Dagster.

    Without periods: those that are missing or behind, and the one that is running; with
    --reprocess all of them. The runs appear in the UI. What is up to date already is not computed,
    and what does not change not written.
    """
    from pond_pipeline.cli import pipeline  # noqa: PLC0415 -- lazily, see above

    pipeline.run(invocation, **options)


@command(example="pond demo")
@resources_option
@home_option
@json_option
@pass_invocation
def demo(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 -- those above
    """Run the whole pipeline against the bundled HydroVu simulator.

    The simulator serves a small harbor up to the present hour: run it again later, and it collects
    what is new.
    """
    from pond_pipeline.cli import pipeline  # noqa: PLC0415 -- lazily, see above

    pipeline.demo(invocation, **options)


@command(example="pond sync-dagster --home /srv/harbor/dagster")
@resources_option
@home_option
@json_option
@pass_invocation
def sync_dagster(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 -- those above
    """Make Dagster's view of the assets agree with the pond.

    After a restore, a rename or a lost home: what Dagster does not know is reported, and what it
    knows too much is wiped. The pond is only read.
    """
    from pond_pipeline.cli import syncing  # noqa: PLC0415 -- lazily, see above

    syncing.sync_dagster(invocation, **options)


@command(example="pond up --port 3000")
@lenient_resources_option
@home_option
@click.option("--port", default=3000, show_default=True, help="Where the UI is.")
@click.option(
    "--keep-runs",
    type=click.IntRange(min=1),
    metavar="DAYS",
    envvar=KEEP_RUNS,
    default=KEEP_RUNS_DAYS,
    show_default=True,
    show_envvar=True,
    help=(
        "How long runs stay in the UI. Older ones are deleted daily by the job "
        "`purge_runs`, but for those that the state of an asset comes from. The pond "
        "keeps all."
    ),
)
@pass_invocation
def up(invocation: Invocation, /, **options: Any) -> None:  # noqa: ANN401 -- those above
    """Start the Dagster UI and daemon, on this machine only, until Ctrl-C.

    When resources.yaml or a template file changes, they follow. Where it is wrong, they go on with
    what was applied last. Where no HydroVu account is configured, the bundled simulator is started
    too.
    """
    from pond_pipeline.cli import ui  # noqa: PLC0415 -- lazily, see above

    ui.up(invocation, **options)
