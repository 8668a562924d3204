"""What others do while a mirror runs is not lost either."""

from collections.abc import Callable

import pytest

from pond_core import (
    EntryType,
    FactoryCall,
    Mirror,
    Mirrored,
    Recipe,
    register_factory,
)
from tests.core.mirror.stage import Stage, settled_ns

MEANWHILE: list[Callable[[], object]] = []
"""What somebody does while `/aa` is computed: before the files of the folder take their names."""


def _compute(_: FactoryCall) -> bytes:
    for act in MEANWHILE:
        act()
    return b"computed"


register_factory("test.meanwhile", _compute, makes=EntryType.DATA)


@pytest.fixture
def mirrored(stage: Stage) -> Stage:
    with stage.pond.transaction() as tx:
        tx.write_recipe("/aa", Recipe(EntryType.DATA, "test.meanwhile"))
    stage.run(both=True)
    return stage


def run_while(stage: Stage, act: Callable[[], object]) -> Mirrored:
    """Let something happen after the run has looked at the pond, and before it looks at the files.

    That is when it asks for the time.
    """

    def clock_ns() -> int:
        act()
        return settled_ns()

    return Mirror(stage.pond, stage.folder, durability="process", clock_ns=clock_ns).run(both=True)


def test_a_change_is_not_taken_over_one_that_the_plan_did_not_know(mirrored: Stage) -> None:
    mirrored.put("note.txt", b"mine")
    done = run_while(mirrored, lambda: mirrored.write("/note.txt", b"theirs"))
    assert (done.waiting, done.taken) == (("note.txt",), 0)
    [conflict] = mirrored.run(both=True).conflicts
    assert (mirrored.read("note.txt"), mirrored.read(conflict.kept_as)) == (b"theirs", b"mine")


def test_a_deletion_is_not_done_to_what_changed_meanwhile(mirrored: Stage) -> None:
    (mirrored.folder / "note.txt").unlink()
    done = run_while(mirrored, lambda: mirrored.write("/note.txt", b"theirs"))
    assert (done.waiting, done.dropped) == (("note.txt",), 0)
    mirrored.run(both=True)
    assert mirrored.read("note.txt") == b"theirs"


def test_a_directory_in_which_something_came_meanwhile_stays(mirrored: Stage) -> None:
    (mirrored.folder / "empty").rmdir()
    run_while(mirrored, lambda: mirrored.write("/empty/new", b"theirs"))
    mirrored.run(both=True)
    assert mirrored.read("empty/new") == b"theirs"


def test_a_new_file_does_not_replace_one_that_came_meanwhile(mirrored: Stage) -> None:
    mirrored.put("new", b"mine")
    done = run_while(mirrored, lambda: mirrored.write("/new", b"theirs"))
    assert done.waiting == ("new",)
    assert [each.name for each in mirrored.run(both=True).conflicts] == ["new"]


@pytest.mark.parametrize("name", ["note.txt", "fresh"])
def test_a_file_that_somebody_writes_meanwhile_is_not_replaced(
    mirrored: Stage, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    mirrored.write("/note.txt", b"newer")
    mirrored.write("/fresh", b"fresh")
    monkeypatch.setattr(f"{__name__}.MEANWHILE", [lambda: mirrored.put(name, b"mine")])
    done = mirrored.run()
    assert [each.where for each in done.findings] == [name]
    assert mirrored.read(name) == b"mine"
