"""The newest point is found at a constant cost, whatever became of what tells where to look."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pond_core import (
    Backups,
    CorruptionError,
    FormatTooNewError,
    FormatTooOldError,
    Keep,
    Pond,
)
from pond_core.oplog import dump_facts
from pond_core.storage import Bucket, Place, sha256_of
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


ODD: dict[str, Mapping[str, object]] = {
    "no number as its format": {"format": "two"},
    "nothing as its format": {"format": None},
    "an unknown fact": {"point": {"more": 1}},
    "no facts": {"point": {}},
    "a list of facts": {"point": []},
    "segments that are none": {"point": {"segments": [1]}},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_point_that_says_something_odd_is_damaged_also_where_its_digest_fits(
    three: Backups, pond: Pond, target: Place, odd: str
) -> None:
    name = own(pond, f"points/{3:020}.json")
    facts = json.loads(target.read(name) or b"") | ODD[odd]
    facts["sha256"] = sha256_of(dump_facts(facts["point"]).encode())
    target.write(name, json.dumps(facts).encode())
    with pytest.raises(CorruptionError, match="is damaged"):
        three.newest(pond.id)


def test_a_file_beside_the_points_is_none(three: Backups, pond: Pond, target: Place) -> None:
    for name in ("4.json", "old/00000000000000000004.json", "\N{SUPERSCRIPT TWO}.json", "notes"):
        target.write(own(pond, f"points/{name}"), b"of somebody else")
    assert [each.number for each in three.points()] == [1, 2, 3]
    assert three.verify(full=True).findings == ()


class Interrupting(Counting):
    """Does something when the first point is about to be created."""

    def __init__(self, target: Place, first: Callable[[], object], *, is_deaf: bool) -> None:
        super().__init__(target)
        self._first: Callable[[], object] | None = first
        self._is_deaf = is_deaf

    def create(self, name: str, data: bytes) -> bool:
        if "/points/" not in name or self._first is None:
            return self._place.create(name, data)
        first, self._first = self._first, None
        first()
        return self._place.create(name, data) and not self._is_deaf


def test_a_point_whose_reply_was_lost_is_known_again(
    lived: Pond, backups: Backups, target: Place
) -> None:
    pushed = lived.push(Backups(Interrupting(target, lambda: None, is_deaf=True)))
    assert pushed.is_new
    assert [point.number for point in backups.points()] == [1]


def test_a_push_that_comes_second_goes_on_from_the_first(lived: Pond, bucket: Bucket) -> None:
    backups = Backups(bucket)

    def push_before() -> None:
        lived.push(backups)
        write_more(lived)

    pushed = lived.push(Backups(Interrupting(bucket, push_before, is_deaf=False)))
    assert (pushed.is_new, pushed.point.number) == (True, 2)
    assert backups.verify(full=True).findings == ()


def test_an_expiry_that_comes_second_keeps_what_was_pushed_meanwhile(
    pond: Pond, bucket: Bucket
) -> None:
    backups = Backups(bucket)

    def push() -> None:
        write_more(pond)
        pond.push(backups)

    push()
    push()
    expired = Backups(Interrupting(bucket, push, is_deaf=False)).expire(Keep(daily=1))
    assert (expired.point.txn, expired.point.number, expired.expired) == (3, 4, 2)
    assert backups.verify(full=True).findings == ()
