"""QARTOD tests of a step: what they depend on, and which could be put to no reading."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pond_pipeline.config import Document, Keys, Problems, QualityRule
from pond_pipeline.errors import ConfigError


def judged_by(
    rules: Sequence[QualityRule], interval: timedelta | None
) -> dict[str, tuple[QualityRule, ...] | timedelta | None]:
    """Return what flags depend on, as facts of a fingerprint.

    Args:
        rules: The tests.
        interval: How often the series is expected to read: it counts where a flat line says none.
    """
    flat_lines = (rule.flat_line for rule in rules)
    asks = any(each is not None and each.interval is None for each in flat_lines)
    return {"quality": tuple(rules), **({"interval": interval} if asks else {})}


def refuse_senseless(
    rules: Sequence[QualityRule],
    intervals: Mapping[str, timedelta | None],
    document: Document,
    keys: Keys,
    problems: Problems,
) -> None:
    """Note the tests that make no sense for a series that they are for.

    Args:
        rules: The tests.
        intervals: How often each series is expected to read, by its name; None: nobody said.
        document: Where they are written.
        keys: The way to them.
        problems: Where each is noted, once.
    """
    for index, rule in enumerate(rules):
        for name, interval in intervals.items():
            try:
                rule.tests(interval=interval)
            except ConfigError as exc:
                what = f"for {name}: {exc}"
                place = (*keys, index, "flat_line")  # all else is told by the rule alone
                problems.add(document.location, place, what, hint=exc.hint)
                break
