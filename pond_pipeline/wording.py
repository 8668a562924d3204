"""Durations, instants and counts as people read them."""

from datetime import datetime, timedelta

_UNITS_S = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def duration_text(duration: timedelta) -> str:
    """Return a duration in its two largest units.

    >>> duration_text(timedelta(days=40, hours=4, minutes=3)), duration_text(timedelta(minutes=45))
    ('40 d 4 h', '45 min')
    """
    rest = int(abs(duration).total_seconds())
    counts = []
    for unit, width_s in _UNITS_S:
        count, rest = divmod(rest, width_s)
        counts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(counts) if count), len(counts) - 1)
    shown = [f"{count} {unit}" for count, unit in counts[first : first + 2] if count] or ["0 s"]
    return f"{'-' if duration < timedelta() else ''}{' '.join(shown)}"


def instant_text(instant: datetime) -> str:
    """Return an instant to the minute, in UTC.

    >>> from datetime import UTC
    >>> instant_text(datetime(2025, 3, 1, 12, 0, 30, tzinfo=UTC))
    '2025-03-01 12:00 UTC'
    """
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def count_text(count: int, one: str) -> str:
    """Return how many there are of a thing.

    >>> count_text(1, "gap"), count_text(1200, "gap")
    ('1 gap', '1,200 gaps')
    """
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def below_hint(pattern: str) -> str:
    """Return what to do where a pattern of pond paths means nothing of what is wanted.

    >>> below_hint("/normalized/noyo/")
    'of a directory, all below it is: /normalized/noyo/**'
    >>> below_hint("/normalized/n*")
    'of a directory, all below it is: /normalized/n*/**'
    >>> below_hint("/**")
    '`pond ls` shows what is there'
    """
    names = pattern.rstrip("/").split("/")
    while names[-1] in {"*", "**"}:
        names.pop()
    below = "/".join([*names, "**"])
    if below == pattern:
        return "`pond ls` shows what is there"
    return f"of a directory, all below it is: {below}"
