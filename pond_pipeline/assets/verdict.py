"""What checks found in a series, in words and as metadata."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import dagster as dg

from pond_core import ReadFS
from pond_pipeline.periods import Period
from pond_pipeline.quality import (
    BatteryCheck,
    Gap,
    Limit,
    Profile,
    check_battery,
    check_gaps,
    check_order,
    is_flag,
)
from pond_pipeline.wording import count_text, duration_text, instant_text

_PERIODS = 12
_GAPS = 10
"""How many rows a table has at most: each failing run keeps its own."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        passed: Whether all is well.
        text: What was found; of what is wrong, where and how much.
        metadata: The facts behind it.
    """

    passed: bool
    text: str
    metadata: Mapping[str, dg.MetadataValue] = field(default_factory=dict)


def judge_order(parts: Mapping[Period, Profile]) -> Verdict:
    """Judge whether the instants of a series rise."""
    check = check_order([*parts.values()])
    if check.first_at is None:
        return Verdict(passed=True, text=f"{count_text(check.rows, 'row')}, in order.")
    faults = Counter({period: part.repeated + part.fallen for period, part in parts.items()})
    text = (
        f"{count_text(check.repeated, 'row')} repeated and {check.fallen:,} out of order;"
        f" the first at {instant_text(check.first_at)}."
    )
    metadata = {
        "repeated": dg.MetadataValue.int(check.repeated),
        "out of order": dg.MetadataValue.int(check.fallen),
        **_by_period(faults, "rows"),
    }
    return Verdict(passed=False, text=text, metadata=metadata)


def judge_gaps(parts: Mapping[Period, Profile], *, limit: timedelta) -> Verdict:
    """Judge how far the rows of a series are apart."""
    check = check_gaps([*parts.values()], limit=limit)
    over = f"longer than {duration_text(limit)}"
    if check.passed:
        return Verdict(passed=True, text=f"No gap {over}.")
    cadence = next(iter(parts)).cadence
    faults = Counter(Period.of(gap.begin, cadence) for gap in check.gaps)
    longest = sorted(check.gaps, key=lambda gap: gap.length, reverse=True)
    text = (
        f"{count_text(len(check.gaps), 'gap')} {over}; the longest of"
        f" {duration_text(longest[0].length)} from {instant_text(longest[0].begin)};"
        f" most in {_worst_first(faults)[0]}."
    )
    metadata = {
        "gaps": dg.MetadataValue.int(len(check.gaps)),
        **_by_period(faults, "gaps"),
        "longest gaps": _gap_table(longest[:_GAPS]),
    }
    return Verdict(passed=False, text=text, metadata=metadata)


def judge_battery(parts: Mapping[Period, Profile], *, limits: Mapping[str, Limit]) -> Verdict:
    """Judge the newest value of each column that tells about a battery."""
    checks = check_battery([*parts.values()], limits=limits)
    if not checks:
        return Verdict(passed=True, text="No column tells about a battery.")
    failed = [check for check in checks if not check.passed]
    metadata = {check.column: _battery_facts(check) for check in checks}
    text = " ".join(_battery_text(check) for check in failed or checks)
    return Verdict(passed=not failed, text=text, metadata=metadata)


def judge_columns(
    fs: ReadFS, path: str, parts: Mapping[Period, Profile], *, declared: Sequence[str]
) -> Verdict:
    """Judge which columns have values in the newest period that has rows."""
    newest = next((period for period in reversed([*parts]) if parts[period].rows), None)
    if newest is None:
        return Verdict(passed=True, text="There are no readings yet.")
    table = fs.read_series(path, newest.window)
    given = [name for name in table.column_names if table[name].null_count < table.num_rows]
    told = {each.name for each in table.schema if each.metadata and not is_flag(each)}
    missing = [name for name in declared if name not in given]
    undeclared = [name for name in given if name in told and name not in declared]
    if not missing and not undeclared:
        return Verdict(passed=True, text=f"{count_text(len(declared), 'column')}, as declared.")
    parts_of_text = [
        f"{what}: {', '.join(names)}"
        for what, names in (("missing", missing), ("not declared", undeclared))
        if names
    ]
    metadata = {
        "period": dg.MetadataValue.text(newest.key),
        "missing": dg.MetadataValue.text(", ".join(missing)),
        "not declared": dg.MetadataValue.text(", ".join(undeclared)),
    }
    text = f"In {newest}, {'; '.join(parts_of_text)}."
    return Verdict(passed=False, text=text, metadata=metadata)


def _worst_first(faults: Counter[Period]) -> list[Period]:
    return sorted((each for each in faults if faults[each]), key=lambda each: (-faults[each], each))


def _by_period(faults: Counter[Period], what: str) -> dict[str, dg.MetadataValue]:
    """Return how much is wrong in which period, the worst first."""
    worst = _worst_first(faults)
    records = [
        dg.TableRecord({"period": period.key, what: faults[period]}) for period in worst[:_PERIODS]
    ]
    schema = dg.TableSchema([dg.TableColumn("period"), dg.TableColumn(what, "int")])
    return {
        "periods": dg.MetadataValue.int(len(worst)),
        "worst periods": dg.MetadataValue.table(records, schema=schema),
    }


def _gap_table(gaps: Sequence[Gap]) -> dg.MetadataValue:
    records = [
        dg.TableRecord(
            {
                "last reading": instant_text(gap.begin),
                "next reading": instant_text(gap.end),
                "length": duration_text(gap.length),
            }
        )
        for gap in gaps
    ]
    return dg.MetadataValue.table(records)


def _battery_text(check: BatteryCheck) -> str:
    newest = f"{check.column}: {check.last:g} at {instant_text(check.last_at)}"
    if check.limit is None:
        unit = check.unit or "no unit"
        return f"{newest}; not judged, since it is in {unit}."
    compared = "at least" if check.passed else "below"
    return f"{newest}, {compared} {check.limit.value:g} {check.limit.unit}."


def _battery_facts(check: BatteryCheck) -> dg.MetadataValue:
    return dg.MetadataValue.text(
        f"newest {check.last:g} at {instant_text(check.last_at)},"
        f" lowest {check.lowest:g} at {instant_text(check.lowest_at)}"
    )
