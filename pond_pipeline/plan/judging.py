"""QARTOD tests that no reading could be put to: told when the file is read, not in a run."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from pond_pipeline.config import Document, Keys, Problems, QualityRule
from pond_pipeline.errors import ConfigError


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
