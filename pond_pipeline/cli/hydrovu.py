"""The command `hydrovu`: what an account can see."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pond_pipeline.cli.command import (
    CommandGroup,
    PondCommand,
    json_option,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.instruments import (
    Instrument,
    account_of,
    device_lines,
    look,
    unseen,
)
from pond_pipeline.cli.render import print_json, print_rows
from pond_pipeline.cli.suggestion import names_of
from pond_pipeline.cli.terminal import say, write
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.hydrovu import HydroVuClient

_ATTEMPTS = 2
"""Somebody is waiting."""


@click.group(cls=CommandGroup, example="pond hydrovu locations --yaml")
def hydrovu() -> None:
    """Look at a HydroVu account: which instruments it has.

    Nothing is written into the pond.
    """


@hydrovu.command(cls=PondCommand, example="pond hydrovu locations --source harbor")
@click.option(
    "--source",
    metavar="NAME",
    shell_complete=names_of("HydroVu"),
    help="Which `HydroVu` resource, where there are several.",
)
@click.option(
    "--newest",
    is_flag=True,
    help=(
        "Also ask each instrument for its newest reading of the last two days; a "
        "request or two for each."
    ),
)
@click.option(
    "--yaml",
    "as_yaml",
    is_flag=True,
    help=(
        "Print the `devices:` of a `HydroVu` resource for those that are not declared "
        "yet, ready to paste. Names are made fit for a pond path, each once; `comment` "
        "says what HydroVu calls it."
    ),
)
@resources_option
@variables_option
@json_option
def locations(
    *,
    source: str | None,
    newest: bool,
    as_yaml: bool,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """List the instruments that an account can see, and which are declared.

    The account is that of the HydroVu resource; where there is none, HYDROVU_KEY and
    HYDROVU_SECRET in the environment or in .env (and HYDROVU_URL, for another server).
    """
    if as_yaml and as_json:
        raise click.UsageError("--yaml and --json do not go together")
    documents = read_documents(file, variables=dict(variables)) if file.exists() else []
    account = account_of(documents, source)
    environment = read_environment(file.absolute().parent)
    for warning in environment.warnings:
        say(f"warning: {warning}")
    url, key, secret = (
        each.resolve(environment.values) for each in (account.base_url, account.key, account.secret)
    )
    with HydroVuClient(url, key, secret, attempts=_ATTEMPTS) as client:
        found = look(client, documents, newest=newest, now=datetime.now(UTC))
    for name, location_id in unseen(documents, account, found):
        say(f"warning: {account.source} declares {name}, but the account sees no {location_id}")
    if as_json:
        print_json(found)
    elif as_yaml:
        _print_devices(device_lines(found, documents))
    else:
        _print_instruments(found)


def _print_devices(lines: str) -> None:
    write(lines)
    if not lines:
        say("all that the account sees is declared")


def _print_instruments(found: list[Instrument]) -> None:
    print_rows(
        ("id", "name", "description", "latitude", "longitude", "newest", "declared"),
        [
            (
                each.id,
                each.name,
                each.description,
                each.latitude,
                each.longitude,
                None if each.newest is None else f"{each.newest:%Y-%m-%d %H:%M}Z",
                each.declared,
            )
            for each in found
        ],
    )
    missing = sum(each.declared is None for each in found)
    if missing:
        say(f"{missing} of {len(found)} are not declared; --yaml prints their lines")
