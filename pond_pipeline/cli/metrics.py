"""The command `metrics`: what `pond status` finds, for Prometheus."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from prometheus_client import Metric
from prometheus_client.exposition import generate_latest, start_http_server, write_to_textfile
from typing_extensions import override

from pond_core import StorageError
from pond_pipeline.cli.command import (
    Invocation,
    command,
    home_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.terminal import say, write
from pond_pipeline.errors import ConfigError
from pond_pipeline.metrics import Found, PondCollector, metrics_of, registry_of
from pond_pipeline.runs.ended import ended_jobs
from pond_pipeline.status import status_of

_LOOPBACK = "127.0.0.1"
_PORTS = 65_535


class AddressType(click.ParamType[tuple[str, int]]):
    """`9321`, `0.0.0.0:9321`, `[::1]:9321`."""

    name = "[HOST:]PORT"

    @override
    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        host, _, port = str(value).rpartition(":")
        if not (port.isascii() and port.isdigit() and int(port) <= _PORTS):
            self.fail(f"write 9321 or 127.0.0.1:9321, not {value!r}", param, ctx)
        return host.removeprefix("[").removesuffix("]") or _LOOPBACK, int(port)


@command(example="pond metrics --to /var/lib/node_exporter/pond.prom")
@resources_option
@variables_option
@home_option
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help=(
        "Write them into a file, which is always whole: for the textfile collector of "
        "`node_exporter`. Where the pond cannot be opened it stays as it was."
    ),
)
@click.option(
    "--serve",
    type=AddressType(),
    help=(
        "Serve them by HTTP until Ctrl-C; the pond is looked at whenever somebody asks. "
        "On 127.0.0.1 unless it says otherwise; port 0 takes any free one."
    ),
)
@pass_invocation
def metrics(
    invocation: Invocation,
    *,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    home: Path,
    to: Path | None,
    serve: tuple[str, int] | None,
) -> None:
    """Print metrics for Prometheus: the pond, its instruments, backups, runs and incidents.

    They are what `pond status` finds: nobody is asked. With --serve the pond is looked at whenever
    somebody asks.
    """
    if to is not None and serve is not None:
        raise click.UsageError("--to and --serve exclude each other")

    def look() -> list[Metric]:
        now = datetime.now(UTC)
        status = status_of(invocation.pond, file=file, variables=dict(variables), now=now)
        return metrics_of(status, ended_jobs(home))

    if serve is not None:
        _serve(look, *serve)
        return
    registry = registry_of(Found(look()))
    if to is None:
        write(generate_latest(registry).decode())
        return
    try:
        write_to_textfile(str(to), registry)
    except OSError as exc:
        raise StorageError(f"{to} cannot be written: {exc.strerror}") from exc


def _serve(look: Callable[[], list[Metric]], host: str, port: int) -> None:
    try:
        server, thread = start_http_server(port, host, registry_of(PondCollector(look)))
    except (OSError, ValueError) as exc:
        msg = f"metrics cannot be served at {host}:{port}: {exc}"
        raise ConfigError(msg, hint="stop what uses it, or choose another port") from exc
    say(f"serving http://{host}:{server.server_port}/metrics; Ctrl-C stops it")
    try:
        thread.join()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        server.shutdown()
        server.server_close()
