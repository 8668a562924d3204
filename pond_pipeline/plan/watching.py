"""What alerts watch: of what nothing makes, or nobody expects, they would never tell."""

from collections.abc import Collection, Iterable, Mapping

from pond_pipeline.config import AlertSpec, Document, Incident
from pond_pipeline.plan.catalog import Catalog, Content
from pond_pipeline.plan.step import Judged, Step

_JUDGED = frozenset({Content.SERIES})

_CONTENTS: Mapping[Incident, Collection[Content]] = {
    Incident.STALE: _JUDGED,
    Incident.BATTERY: _JUDGED,
    Incident.THRESHOLD: frozenset({Content.SERIES, Content.SERIES_FOLDER, Content.BUCKETS}),
}
"""What a condition's path may lead to; of runs and checks that is anything."""

_BACKUPS = "/backup/"
"""Where the assets of backups and copies are, which are in no pond."""


def refuse_blind(
    document: Document, spec: AlertSpec, steps: Iterable[Step], catalog: Catalog
) -> None:
    """Note the conditions that nothing could ever meet.

    Args:
        document: Where they are written.
        spec: The alert.
        steps: What there is to be watched.
        catalog: The declared paths, and where problems are noted.
    """
    expected = {step.outputs[0] for step in steps if isinstance(step, Judged) and _is_due(step)}
    for index, condition in enumerate(spec.conditions):
        if condition.path is None or condition.path.startswith(_BACKUPS):
            continue
        contents = _CONTENTS.get(condition.incident, frozenset(Content))
        place = ("spec", "conditions", index, "path")
        matches = catalog.find(condition.path, document, place, contents=contents)
        found = {match.asset for match in matches}
        is_timeless = condition.incident is Incident.STALE and condition.after is None
        if is_timeless and found and not found & expected:
            what = f"nobody said how often {min(found)} reads"
            hint = "add `after: 6h` here, or `interval: 1h` to the device or site"
            catalog.problems.add(document.location, place, what, hint=hint)


def _is_due(step: Judged) -> bool:
    """Say whether somebody said how often there is a reading."""
    judgement = step.judgement
    return judgement.interval is not None or judgement.checks.freshness.within is not None
