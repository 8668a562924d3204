"""Lazily: a file is a placeholder until its content is wanted."""

import json

import pytest

from pond_core import InvalidPathError, NotFoundError, Window
from tests.conformance.filesystem import values
from tests.core.mirror.stage import Stage

PLACEHOLDERS = [
    "a",
    "a/b",
    "a/b/blob.pond",
    "a/station.parquet.pond",
    "empty",
    "note.txt.pond",
    "units.parquet.pond",
]


def test_a_placeholder_says_what_is_missing(stage: Stage) -> None:
    done = stage.run(lazy=True)
    assert (done.placeholders, stage.names()) == (4, PLACEHOLDERS)
    facts = json.loads(stage.read("a/station.parquet.pond"))
    assert facts.pop("bytes") > 0
    assert len(facts.pop("sha256")) == 64
    assert facts == {
        "placeholder": "for /a/station, whose content is not here",
        "to get it": "pond mirror DIR --want '/a/station'",
        "path": "/a/station",
        "type": "series",
        "txn": 1,
        "rows": 2,
        "first": "1970-01-01T00:00:00.000001+00:00",
        "last": "1970-01-01T00:00:00.000002+00:00",
    }


def test_what_is_wanted_takes_the_place_of_its_placeholder(stage: Stage) -> None:
    stage.run(lazy=True)
    done = stage.run(want=["/a/*"])
    assert (done.written, done.deleted, done.placeholders) == (2, 2, 2)
    assert values(stage.rows("a/station.parquet")) == {1: 1.0, 2: 2.0}
    assert stage.read("a/b/blob") == b"\x00\xff"  # of a directory that matches, all below it


def test_what_was_wanted_once_is_kept_in_step(stage: Stage) -> None:
    stage.run(lazy=True, want=["/a/station"])
    stage.write_series("/a/station", {3: 3.0}, Window(3, 4))
    stage.run()
    assert values(stage.rows("a/station.parquet")) == {1: 1.0, 2: 2.0, 3: 3.0}


def test_a_pattern_also_wants_what_comes_later(stage: Stage) -> None:
    stage.run(lazy=True, want=["/a/**"])
    stage.write("/a/later", b"later")
    stage.write("/other", b"other")
    stage.run()
    assert stage.read("a/later") == b"later"
    assert (stage.folder / "other.pond").exists()


def test_a_placeholder_is_kept_in_step(stage: Stage) -> None:
    stage.run(lazy=True)
    stage.write_series("/a/station", {3: 3.0}, Window(3, 4))
    stage.remove("/units")
    stage.run()
    assert json.loads(stage.read("a/station.parquet.pond"))["rows"] == 3
    assert not (stage.folder / "units.parquet.pond").exists()


def test_a_mirror_that_becomes_lazy_keeps_what_it_has(stage: Stage) -> None:
    stage.run()
    stage.write("/later", b"later")
    stage.run(lazy=True)
    assert stage.read("note.txt") == b"hello\n"
    assert (stage.folder / "later.pond").exists()


def test_a_mirror_that_is_lazy_no_more_gets_all(stage: Stage) -> None:
    stage.run(lazy=True)
    done = stage.run(lazy=False)
    assert (done.placeholders, stage.read("note.txt")) == (0, b"hello\n")
    assert not [name for name in stage.names() if name.endswith(".pond")]


def test_a_placeholder_that_is_deleted_deletes_nothing(stage: Stage) -> None:
    stage.run(lazy=True)
    (stage.folder / "note.txt.pond").unlink()
    done = stage.run(both=True)
    assert (done.dropped, stage.names()) == (0, PLACEHOLDERS)


def test_a_placeholder_that_is_changed_is_not_taken(stage: Stage) -> None:
    stage.run(lazy=True)
    stage.put("note.txt.pond", b"mine")
    done = stage.run(both=True)
    assert ([each.name for each in done.conflicts], done.taken) == (["note.txt.pond"], 0)
    stage.put("note.txt.pond", b"mine")
    stage.remove("/note.txt")
    assert (stage.run(both=True).taken, stage.read("note.txt.pond")) == (0, b"mine")


def test_a_file_beside_its_placeholder_does_not_replace_what_is_not_here(stage: Stage) -> None:
    stage.run(lazy=True)
    stage.put("note.txt", b"mine")
    done = stage.run(both=True)
    assert ([each.where for each in done.findings], done.taken) == (["note.txt"], 0)
    assert stage.pond.snapshot().read_data("/note.txt") == b"hello\n"


def test_a_changed_file_of_a_lazy_mirror_is_taken(stage: Stage) -> None:
    stage.run(lazy=True, want=["/note.txt"])
    stage.put("note.txt", b"mine")
    stage.put("new", b"new")
    assert stage.run(both=True).taken == 2
    assert stage.run().written == 0
    assert stage.read("new") == b"new"


def test_two_files_and_one_placeholder_of_one_name(stage: Stage) -> None:
    stage.write("/note.txt.pond", b"data")
    done = stage.run(lazy=True)
    assert [each.where for each in done.findings] == ["/note.txt"]


def test_what_matches_nothing_is_refused_and_not_remembered(stage: Stage) -> None:
    stage.run(lazy=True)
    with pytest.raises(NotFoundError, match="/notes"):
        stage.run(want=["/notes"])
    stage.write("/notes", b"")
    stage.run()
    assert (stage.folder / "notes.pond").exists()


def test_what_is_no_pattern_is_refused(stage: Stage) -> None:
    with pytest.raises(InvalidPathError):
        stage.run(lazy=True, want=["/a/[b"])
