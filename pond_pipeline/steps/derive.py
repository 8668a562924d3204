"""What SQL makes of each input, as a directory of series of the inputs' names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pond_core import ALWAYS, EntryType, PondError, ReadFS, from_us, slice_window
from pond_pipeline.derive import derive as query
from pond_pipeline.periods import Period, periods_between
from pond_pipeline.plan import DeriveStep
from pond_pipeline.record import SeriesUpdate, Slice
from pond_pipeline.steps.inputs import Found, inputs_of
from pond_pipeline.versions import digest_of, input_versions


@dataclass(frozen=True, slots=True)
class SeriesFolder:
    """What a directory of series shall hold.

    Attributes:
        updates: By name, the series that change.
        inputs: By name, the version of what each series is made from; no other series stays.
        fingerprint: The step's version.
        problems: By name, why an input could not be read; what was made of it before stays.
    """

    updates: Mapping[str, SeriesUpdate]
    inputs: Mapping[str, str]
    fingerprint: str
    problems: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> dict[str, object]:
        """Return what is recorded with the directory."""
        return {
            "fingerprint": self.fingerprint,
            "inputs": dict(self.inputs),
            "problems": dict(self.problems),
        }


def derive(step: DeriveStep, fs: ReadFS, *, again: bool = False) -> SeriesFolder:
    """Return what the directory shall hold: of the inputs that changed, what the query says.

    An input that cannot be read keeps what was made of it before; it is tried again when it
    changes.
    """
    made, known_problems = _recorded(step, fs)
    updates: dict[str, SeriesUpdate] = {}
    problems: dict[str, str] = {}
    inputs = _inputs(step, fs)
    versions = _versions(fs, inputs)
    for name, found in inputs.items():
        if made.get(name) == versions[name] and not again:
            problems |= {name: known_problems[name]} if name in known_problems else {}
        elif len(found) > 1:
            paths = " and ".join(each.path for each in found)
            problems[name] = f"{paths} are called the same: rename one of them"
        else:
            try:
                updates[name] = _update(step, fs, name, _derived(step, fs, found[0]))
            except PondError as exc:
                problems[name] = f"{exc}; {exc.hint}" if exc.hint else str(exc)
    return SeriesFolder(updates, versions, step.fingerprint, problems)


def derive_is_due(step: DeriveStep, fs: ReadFS) -> bool:
    """Say whether an input is there that the directory was not made from, or one is gone."""
    return _recorded(step, fs)[0] != _versions(fs, _inputs(step, fs))


def _inputs(step: DeriveStep, fs: ReadFS) -> dict[str, list[Found]]:
    """Return the inputs by the name of the series made of them: one each, if all is well."""
    inputs: dict[str, list[Found]] = {}
    for found in inputs_of(fs, step.pattern, step.inputs):
        inputs.setdefault(found.path.rpartition("/")[2], []).append(found)
    return inputs


def _versions(fs: ReadFS, inputs: Mapping[str, Sequence[Found]]) -> dict[str, str]:
    versions = {}
    for name, found in inputs.items():
        told = [input_versions(fs, each.path)(ALWAYS) for each in found]
        versions[name] = told[0] if len(told) == 1 else digest_of(told)
    return versions


def _recorded(step: DeriveStep, fs: ReadFS) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return what the directory was made from by this version of the step, and the problems."""
    path = step.outputs[0]
    facts = fs.node(path).attributes if fs.exists(path) else {}
    if facts.get("fingerprint") != step.fingerprint:
        return {}, {}
    return _texts(facts["inputs"]), _texts(facts["problems"])


def _texts(value: object) -> Mapping[str, str]:
    return value if isinstance(value, dict) else {}


def _derived(step: DeriveStep, fs: ReadFS, found: Found) -> pa.Table:
    match found.entry_type:
        case EntryType.SERIES:
            content = fs.read_series(found.path)
        case EntryType.TABLE:
            content = fs.read_table(found.path)
        case _:
            content = fs.read_data(found.path)
    return query(step.query, content, name=found.path, timezone=step.timezone)


def _update(step: DeriveStep, fs: ReadFS, name: str, table: pa.Table) -> SeriesUpdate:
    """Return the whole series, month by month: those that it had before are written, too."""
    path = f"{step.outputs[0]}/{name}"
    marks = fs.node(path).marks.values() if fs.exists(path) else ()
    months = {Period.parse(str(facts["partition"])) for facts in marks}
    if table.num_rows:
        stamps = table["timestamp"].cast(pa.int64())
        first, last = (Period.of(from_us(stamps[row].as_py())) for row in (0, len(stamps) - 1))
        months.update(periods_between(first, last))
    slices = [
        Slice(month, slice_window(table, month.window), span=month.window, reach=(month.window,))
        for month in sorted(months)
    ]
    return SeriesUpdate([slices] if slices else [], fingerprint=step.fingerprint)
