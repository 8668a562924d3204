"""Killed at any step, a mirror loses nothing, and the next run brings both sides in step."""

import itertools
import os
import shutil
from pathlib import Path

import pytest

from pond_core import Mirror, Mirrored, Pond, Window
from tests.conformance.filesystem import readings
from tests.core.dying import die_after, dies, end, nursery
from tests.core.mirror.sides import held, shown
from tests.core.mirror.stage import Stage, fill, parquet, settled_ns


def mirror(place: Path, steps: int) -> None:
    _mirror(place, steps, both=False)


def mirror_both(place: Path, steps: int) -> None:
    _mirror(place, steps, both=True)


def _mirror(place: Path, steps: int, *, both: bool) -> None:
    pond = Pond.open(place / "pond", durability="process")
    made = Mirror(pond, place / "mirror", durability="process", clock_ns=settled_ns)
    die_after(steps)
    made.run(both=both)
    end(steps)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A place with a pond, and a folder that was in step before much happened on both sides."""
    stage = Stage(tmp_path / "start")
    with stage.pond.transaction() as tx:
        fill(tx)
        for number in range(4):
            tx.write_data(f"/a/{number}", b"%d" % number)
    stage.run()
    with stage.pond.transaction() as tx:
        tx.remove("/a/b", recursive=True)
        tx.remove("/a/0")
        tx.write_data("/note.txt", b"newer")
        tx.write_window("/a/station", readings({3: 3.0}), Window(3, 4))
        tx.mkdir("/new")
        tx.write_window("/new/series", readings({1: 1.0}), Window(0, 10))
    return tmp_path / "start"


def test_a_run_that_is_killed_at_any_step_is_completed_by_the_next(
    start: Path, tmp_path: Path
) -> None:
    context = nursery(__name__)
    expected = shown(Pond.open(start / "pond").snapshot())
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        _copy(start, place)
        died = dies(context, mirror, place, steps)
        done = _again(place, both=False)
        assert (done.findings, held(place / "mirror")) == ((), expected)
        assert list((place / "mirror" / ".pond-mirror" / "tmp").iterdir()) == []
        assert _again(place, both=False).written == 0
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 15


def test_a_pond_that_changes_after_the_kill_is_still_followed(start: Path, tmp_path: Path) -> None:
    context = nursery(__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        _copy(start, place)
        died = dies(context, mirror, place, steps)
        pond = Pond.open(place / "pond", durability="process")
        with pond.transaction() as tx:
            tx.write_data("/note.txt", b"newest")
            tx.write_window("/new/series", readings({2: 2.0}), Window(2, 3))
        done = _again(place, both=False)
        assert (done.findings, held(place / "mirror")) == ((), shown(pond.snapshot()))
        shutil.rmtree(place)
        if not died:
            break


def test_a_run_both_ways_that_is_killed_at_any_step_loses_nothing(
    start: Path, tmp_path: Path
) -> None:
    folder = start / "mirror"
    (folder / "a" / "1").write_bytes(b"one")
    (folder / "a" / "2").unlink()
    (folder / "a" / "3").rename(folder / "three")
    (folder / "note.txt").write_bytes(b"mine")  # which the pond has changed as well
    (folder / "a" / "station.parquet").write_bytes(parquet(readings({1: 9.0})))  # likewise
    (folder / "units.parquet").write_bytes(parquet(readings({1: 5.0})))
    (folder / "fresh").mkdir()
    (folder / "fresh" / "file").write_bytes(b"fresh")
    context = nursery(__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        _copy(start, place)
        died = dies(context, mirror_both, place, steps)
        _again(place, both=True)
        quiet = _again(place, both=True)
        assert (quiet.conflicts, quiet.findings, quiet.taken_in) == ((), (), None)
        pond = Pond.open(place / "pond", durability="process")
        found = held(place / "mirror")
        kept = {name: found.pop(name) for name in list(found) if ".conflict-" in name}
        assert found == shown(pond.snapshot())
        assert sorted(map(str, kept.values())) == ["(9.0,)", "b'mine'"]
        assert found["note.txt"] == b"newer"
        assert found["a/station.parquet"] == (1.0, 2.0, 3.0)
        assert (found["a/1"], found["three"], found["fresh/file"]) == (b"one", b"3", b"fresh")
        assert found["units.parquet"] == (5.0,)
        assert "a/2" not in found
        assert pond.verify().findings == ()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30


def _copy(start: Path, place: Path) -> None:
    shutil.copytree(start / "pond", place / "pond")
    # The same files, so that the mirror knows them.
    shutil.copytree(start / "mirror", place / "mirror", copy_function=os.link)


def _again(place: Path, *, both: bool) -> Mirrored:
    pond = Pond.open(place / "pond", durability="process")
    folder = place / "mirror"
    return Mirror(pond, folder, durability="process", clock_ns=settled_ns).run(both=both)
