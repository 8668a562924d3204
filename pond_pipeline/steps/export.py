"""One place's exported readings as a wide table, from the files that the pond keeps."""

import hashlib
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase

import pyarrow as pa

from pond_core import ReadFS, slice_window
from pond_pipeline.laketech import combine_exports, location_matches
from pond_pipeline.months import Month
from pond_pipeline.plan import ExportStep
from pond_pipeline.record import SeriesUpdate
from pond_pipeline.steps.derived import Due, due_months, whole_months
from pond_pipeline.steps.files import Verdict, read_stored, stored_verdicts


def export(step: ExportStep, fs: ReadFS, months: Sequence[Month]) -> SeriesUpdate:
    """Return what the place shall hold in the months that are behind; files are parsed once."""
    due = export_due(step, fs, months)
    readings = _readings(step, fs) if due else None

    def compute(month: Month) -> pa.Table:
        return slice_window(readings, month.window.intersect(step.window))

    return whole_months(due, compute, fingerprint=step.fingerprint)


def export_due(step: ExportStep, fs: ReadFS, months: Sequence[Month]) -> list[Due]:
    """Return the months in which the place is behind the files that hold it."""
    version = _version(_own(step, fs))
    return due_months(
        fs,
        step.outputs[0],
        months,
        inputs=step.inputs,
        fingerprint=step.fingerprint,
        needs=lambda month: month.window,
        version=lambda _fs, _path, _window: version,
    )


def _own(step: ExportStep, fs: ReadFS) -> list[Verdict]:
    return [v for v in stored_verdicts(fs, step.inputs[0]).values() if _is_own(step, v)]


def _is_own(step: ExportStep, verdict: Verdict) -> bool:
    return any(fnmatchcase(location, step.match) for location in verdict.locations)


def _version(verdicts: Sequence[Verdict]) -> str:
    facts = sorted((v.name, v.sha256) for v in verdicts)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _readings(step: ExportStep, fs: ReadFS) -> pa.Table:
    exports = [
        each
        for verdict in _own(step, fs)
        for each in read_stored(
            step.source, verdict.name, fs.read_data(f"{step.inputs[0]}/{verdict.name}")
        )
        if location_matches(each, step.match)
    ]
    return combine_exports(exports)
