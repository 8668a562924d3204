"""What `pond run` came to, as it is printed."""

from dataclasses import dataclass
from datetime import datetime

from pond_pipeline.cli.render import print_rows
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import Severity
from pond_pipeline.errors import PipelineError
from pond_pipeline.runs.launch import RunReport
from pond_pipeline.summary import AssetSummary
from pond_pipeline.wording import count_text


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


def print_outcome(outcome: Outcome) -> None:
    """Print what the assets hold now, and tell which checks failed."""
    print_rows(
        ("asset", "rows", "first", "last", "txn", ""),
        [
            (
                each.path,
                count_text(each.files, "file")
                if each.rows is None and each.files is not None
                else each.rows,
                _minute(each.first),
                _minute(each.last),
                each.txn,
                _state(each, outcome),
            )
            for each in outcome.assets
        ],
    )
    for report in outcome.runs:
        for check in report.warnings:
            warning = "" if check.severity is Severity.ERROR else "warning: "
            told = f"{warning}check {check.check} of {check.path} failed:"
            lines = check.reason.split("\n")
            if len(lines) == 1:
                say(f"{told} {check.reason}")
            else:
                for line in (told, *(f"  {each}" for each in lines)):
                    say(line)


def _state(asset: AssetSummary, outcome: Outcome) -> str:
    """Return what became of an asset; one that never was is not called unchanged."""
    if asset.path in outcome.changed:
        return "written"
    if any(failure.path == asset.path for report in outcome.runs for failure in report.failures):
        return "failed"
    return "not made" if asset.txn is None else "unchanged"


def _minute(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%d %H:%M}Z"


def raise_failures(outcome: Outcome) -> None:
    """Raise what went wrong in the runs, if anything did.

    Raises:
        PipelineError: A step failed, or a check whose failure is an error.
    """
    failures = [failure for report in outcome.runs for failure in report.failures]
    skipped = [path for report in outcome.runs for path in report.skipped]
    checks = [check for report in outcome.runs for check in report.warnings]
    unmet = sorted({check.path for check in checks if check.severity is Severity.ERROR})
    if failures:
        lines = [f"{failure.path}: {failure.reason}" for failure in failures]
        if skipped:
            lines.append(f"not made, since they come after: {', '.join(skipped)}")
        hint = "what was collected is kept; when that is put right, run it again to complete it"
        raise PipelineError("\n".join(lines), hint=hint)
    if unmet:
        msg = f"all is made, but checks failed: {', '.join(unmet)}"
        raise PipelineError(msg, hint="see above")
