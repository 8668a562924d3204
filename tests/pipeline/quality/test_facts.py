"""Settings as plain values."""

import json
from datetime import timedelta

from pond_pipeline.plan.fingerprint import fingerprint
from pond_pipeline.quality import (
    ColumnTests,
    Correction,
    FlatLineTest,
    GrossRangeTest,
    SpikeMethod,
    SpikeTest,
    Target,
    facts,
)
from tests.pipeline.quality.tables import HOUR, at


def test_all_settings_of_tests_are_told_in_plain_values() -> None:
    entry = ColumnTests(
        target=Target(parameter="Depth", unit="m"),
        gross_range=GrossRangeTest(fail=(0, None)),
        spike=SpikeTest(suspect=1, method=SpikeMethod.DIFFERENTIAL),
        flat_line=FlatLineTest(tolerance=0.1, fail_after=3 * HOUR, interval=HOUR),
    )
    assert json.loads(json.dumps(facts(entry))) == {
        "target": {"column": None, "parameter": "Depth", "unit": "m"},
        "gross_range": {"suspect": None, "fail": [0, None]},
        "spike": {"suspect": 1, "fail": None, "method": "differential"},
        "rate_of_change": None,
        "flat_line": {
            "tolerance": 0.1,
            "suspect_after": None,
            "fail_after": 10800.0,
            "interval": 3600.0,
        },
        "gap": None,
    }


def test_a_correction_with_another_offset_is_another_fingerprint() -> None:
    def of(offset: float) -> str:
        entry = Correction(target=Target(column="x"), start=at(0), offset=offset)
        return fingerprint("correct", corrections=[facts(entry)])

    assert of(1.0) == of(1.0) != of(1.0 + 2**-52)


def test_a_duration_of_less_than_a_second_is_not_rounded() -> None:
    test = FlatLineTest(tolerance=1, fail_after=HOUR, interval=timedelta(milliseconds=500))
    told = facts(ColumnTests(target=Target(column="x"), flat_line=test))
    assert told["flat_line"] == {
        "tolerance": 1,
        "suspect_after": None,
        "fail_after": 3600.0,
        "interval": 0.5,
    }
