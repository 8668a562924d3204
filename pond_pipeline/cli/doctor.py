"""The command `doctor`: whether what the pond stands on is in order."""

from datetime import UTC, datetime
from pathlib import Path

import click

from pond_pipeline.cli.command import (
    Invocation,
    command,
    home_option,
    json_option,
    pass_invocation,
    resources_option,
    variables_option,
)
from pond_pipeline.cli.render import print_json, print_lines
from pond_pipeline.cli.terminal import finish, say
from pond_pipeline.doctor import Diagnosis, Grade, examine, exams_of


@command(example="pond doctor --offline")
@resources_option
@variables_option
@home_option
@click.option("--offline", is_flag=True, help="Ask no server: neither HydroVu nor a bucket.")
@click.option(
    "--timeout",
    "patience_s",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=30,
    show_default=True,
    help="How long all of it may take. What has not answered by then failed.",
)
@json_option
@pass_invocation
def doctor(
    invocation: Invocation,
    *,
    file: Path,
    variables: tuple[tuple[str, str], ...],
    home: Path,
    offline: bool,
    patience_s: float,
    as_json: bool,
) -> None:
    """Check what the pond stands on: disk, clock, secrets, buckets, HydroVu.

    Each line says what was tried, what came of it, and what to do. It fails where one of them
    failed; what only should be looked at is a warning. No secret is printed.
    """
    exams = exams_of(
        invocation.pond,
        file=file,
        variables=dict(variables),
        home=home,
        now=datetime.now(UTC),
        offline=offline,
    )
    width = max(len(exam.what) for exam in exams)
    found = []
    for diagnosis in examine(exams, patience_s=patience_s):
        found.append(diagnosis)
        if not as_json:
            print_lines([_line(diagnosis, width)])
            finish()  # somebody may be waiting for the next one
    if as_json:
        print_json(found)
    failed = sum(each.grade is Grade.FAILED for each in found)
    if failed:
        say(f"{failed} of {len(found)} failed")
        raise click.exceptions.Exit(1)


def _line(diagnosis: Diagnosis, width: int) -> str:
    detail = " ".join(diagnosis.detail.split())
    hint = f"  -> {' '.join(diagnosis.hint.split())}" if diagnosis.hint else ""
    return f"{diagnosis.grade:7}  {diagnosis.what:{width}}  {detail}{hint}"
