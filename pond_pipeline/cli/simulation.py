"""The command `simulator`."""

from pathlib import Path

import click

from pond_pipeline.cli.command import command
from pond_pipeline.cli.render import print_lines
from pond_pipeline.cli.terminal import finish, say
from pond_pipeline.simulator import Simulator, harbor, replay

_ACCOUNT = "demo"


@command(example="pond simulator --port 8765")
@click.option("--port", default=8765, show_default=True, help="Where; 0 takes any free one.")
@click.option(
    "--replay",
    "recorded",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Serve the readings in a folder of `<location id>.parquet` instead of made-up ones.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Other seeds give other weather, never other instruments.",
)
@click.option(
    "--page-days",
    type=click.FloatRange(min=0, min_open=True),
    metavar="DAYS",
    default=2,
    show_default=True,
    help="How much time a page of readings holds.",
)
@click.option(
    "--rate",
    type=click.IntRange(min=1),
    metavar="N",
    default=1000,
    show_default=True,
    help="How many requests a minute allows.",
)
def simulator(*, port: int, recorded: Path | None, seed: int, page_days: float, rate: int) -> None:
    """Serve the HydroVu simulator until Ctrl-C.

    It speaks the vendor's API on the loopback interface; what it prints belongs into `.env`.
    """
    world = harbor(seed) if recorded is None else replay(recorded)
    with Simulator(
        world, port=port, page_days=page_days, rate_per_minute=rate, key=_ACCOUNT, secret=_ACCOUNT
    ) as server:
        print_lines(
            [
                f"HYDROVU_URL={server.base_url}",
                f"HYDROVU_KEY={_ACCOUNT}",
                f"HYDROVU_SECRET={_ACCOUNT}",
            ]
        )
        finish()
        say(f"serving HydroVu at {server.base_url}, key and secret {_ACCOUNT!r}; Ctrl-C stops it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("stopped")
