"""The newest point is found at a constant cost, whatever became of what tells where to look."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pond_core import Backups, CorruptionError, FormatTooNewError, FormatTooOldError, Pond
from pond_core.storage import Place
from tests.core.backup.counting import Counting
from tests.core.backup.histories import write_more


@pytest.fixture
def three(pond: Pond, backups: Backups) -> Backups:
    """Backups with three points."""
    for _ in range(3):
        write_more(pond)
        pond.push(backups)
    return backups


def own(pond: Pond, name: str) -> str:
    return f"ponds/{pond.id}/{name}"


HINTS: dict[str, Callable[[Place, str], None]] = {
    "lost": lambda place, name: place.delete([name]),
    "stale": lambda place, name: place.write(name, b"1"),
    "of what never was": lambda place, name: place.write(name, b"77"),
    "no number": lambda place, name: place.write(name, b"\xff\x00"),
    "zero": lambda place, name: place.write(name, b"0"),
    "empty": lambda place, name: place.write(name, b""),
}


@pytest.mark.parametrize("hint", HINTS)
def test_the_newest_is_found_where_the_hint_is(
    three: Backups, pond: Pond, target: Place, hint: str
) -> None:
    HINTS[hint](target, own(pond, "newest"))
    newest = three.newest(pond.id)
    assert newest is not None
    assert (newest.number, newest.txn) == (3, 3)
    write_more(pond)
    assert pond.push(three).point.number == 4
    assert (target.read(own(pond, "newest")) or b"").startswith(b"4 ")


@pytest.mark.usefixtures("three")
def test_finding_it_costs_four_requests(pond: Pond, target: Place) -> None:
    counting = Counting(target)
    Backups(counting).newest(pond.id)
    assert counting.calls == {"read": 3, "size": 1}


def test_points_are_a_chain(three: Backups) -> None:
    first, second, third = three.points()
    assert (first.previous, second.previous, third.previous) == ("", first.digest, second.digest)


def test_a_point_that_another_one_took_the_place_of_is_found(
    three: Backups, pond: Pond, target: Place
) -> None:
    names = [own(pond, f"points/{number:020}.json") for number in (1, 2)]
    target.write(names[1], target.read(names[0]) or b"")
    assert {finding.what for finding in three.verify(full=True).findings} == {"point damaged"}


def test_a_missing_point_is_found(three: Backups, pond: Pond, target: Place) -> None:
    target.delete([own(pond, f"points/{2:020}.json")])
    [finding] = three.verify(full=True).findings
    assert finding.what == "point missing"


def test_a_damaged_newest_point_is_not_passed_over(
    three: Backups, pond: Pond, target: Place, tmp_path: Path
) -> None:
    target.write(own(pond, f"points/{3:020}.json"), b"{}")
    write_more(pond)
    for act in (lambda: pond.push(three), lambda: three.restore(tmp_path / "restored")):
        with pytest.raises(CorruptionError, match="is damaged"):
            act()
    assert {finding.what for finding in three.verify().findings} == {"point damaged"}


@pytest.mark.parametrize(("number", "error"), [(1, FormatTooOldError), (3, FormatTooNewError)])
def test_a_point_of_another_format_is_refused(
    three: Backups, pond: Pond, target: Place, number: int, error: type[Exception]
) -> None:
    name = own(pond, f"points/{3:020}.json")
    data = (target.read(name) or b"").replace(b'"format":2', f'"format":{number}'.encode())
    target.write(name, data)
    with pytest.raises(error, match=f"has format {number}"):
        three.newest(pond.id)
