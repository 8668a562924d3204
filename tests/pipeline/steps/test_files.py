import hashlib
import os
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.errors import ConfigError, ExportError, SourceError
from pond_pipeline.plan import LakeTechSource
from pond_pipeline.steps import CheckedFiles, collect_files
from pond_pipeline.steps.files import read_stored, stored_verdicts
from tests.pipeline.steps.exports import FILES, a_files_step, a_folder, write_export

ROW = "2025-01-01 00:00,Pier-1,Temp (C),5"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def look(
    pond: Pond, inbox: Path, source: LakeTechSource | None = None, **environ: str
) -> CheckedFiles:
    step = a_files_step(source or a_folder(inbox.parent))
    return collect_files(step, pond.snapshot(), environ)


def keep(pond: Pond, files: CheckedFiles) -> None:
    """Store files as the IO manager does."""
    with pond.transaction() as tx:
        tx.mkdir(FILES, parents=True, exist_ok=True)
        for name, data in files.contents.items():
            tx.write_data(f"{FILES}/{name}", data)
            tx.mark(f"{FILES}/{name}", files.verdicts[name].facts())


def test_a_file_is_kept_bit_for_bit_with_a_verdict(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    files = look(pond, inbox)
    data = (inbox / "a.csv").read_bytes()
    verdict = files.verdicts["a.csv"]
    assert dict(files.contents) == {"a.csv": data}
    assert verdict.sha256 == hashlib.sha256(data).hexdigest()
    assert (verdict.locations, verdict.problem) == (("Pier-1",), "")


def test_a_verdict_reads_back_from_the_pond(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    (inbox / "b.csv").write_text("nothing of the kind")
    files = look(pond, inbox)
    keep(pond, files)
    assert stored_verdicts(pond.snapshot(), FILES) == files.verdicts


def test_before_the_first_file_there_are_no_verdicts(pond: Pond) -> None:
    assert stored_verdicts(pond.snapshot(), FILES) == {}


def test_a_file_that_is_kept_already_is_not_new(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    keep(pond, look(pond, inbox))
    again = look(pond, inbox)
    assert (dict(again.contents), list(again.verdicts)) == ({}, ["a.csv"])


def test_a_file_whose_bytes_changed_is_new(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    keep(pond, look(pond, inbox))
    write_export(inbox, "a.csv", ROW, "2025-01-01 01:00,Pier-1,Temp (C),6")
    assert list(look(pond, inbox).contents) == ["a.csv"]


def test_a_file_is_judged_again_when_it_is_read_in_another_way(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    before = look(pond, inbox)
    keep(pond, before)
    after = look(pond, inbox, a_folder(inbox.parent, zone="UTC-08:00"))
    assert after.verdicts["a.csv"].read_as != before.verdicts["a.csv"].read_as


def test_a_file_that_is_gone_from_the_folder_stays(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    keep(pond, look(pond, inbox))
    (inbox / "a.csv").unlink()
    files = look(pond, inbox)
    assert (dict(files.contents), list(files.verdicts)) == ({}, ["a.csv"])


def test_a_file_that_is_no_export_is_kept_and_its_problem_told(pond: Pond, inbox: Path) -> None:
    (inbox / "b.csv").write_text("nothing of the kind")
    files = look(pond, inbox)
    assert list(files.contents) == ["b.csv"]
    assert "b.csv" in files.problems["b.csv"]


def test_half_a_copy_does_not_take_the_place_of_a_file_that_can_be_read(
    pond: Pond, inbox: Path
) -> None:
    write_export(inbox, "a.csv", ROW)
    keep(pond, look(pond, inbox))
    before = look(pond, inbox).verdicts
    (inbox / "a.csv").write_text("nothing of the kind")
    files = look(pond, inbox)
    assert (dict(files.contents), files.verdicts) == ({}, before)
    assert list(files.problems) == ["a.csv"]


def test_a_bad_file_that_is_gone_is_no_problem_any_more(pond: Pond, inbox: Path) -> None:
    (inbox / "b.csv").write_text("nothing of the kind")
    keep(pond, look(pond, inbox))
    (inbox / "b.csv").unlink()
    assert dict(look(pond, inbox).problems) == {}


def test_a_location_that_nobody_declared_is_told(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    write_export(inbox, "c.csv", ROW.replace("Pier-1", "Dock-1"))
    files = look(pond, inbox)
    assert [v.name for v in files.undeclared([("Pier", "Pier-*")])] == ["c.csv"]


def test_what_the_pattern_does_not_match_is_left_alone(pond: Pond, inbox: Path) -> None:
    for name in ("a.txt", ".hidden.csv"):
        write_export(inbox, name, ROW)
    (inbox / "folder.csv").mkdir()
    assert dict(look(pond, inbox).contents) == {}


def test_a_folder_that_is_not_there_is_named(pond: Pond, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no folder .*inbox"):
        look(pond, tmp_path / "inbox")


def test_a_pattern_takes_variables_from_the_environment(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    source = a_folder(inbox.parent, pattern="${env:INBOX}/*.csv")
    assert list(look(pond, inbox, source, INBOX=str(inbox)).contents) == ["a.csv"]


def test_a_variable_that_is_not_set_is_named(pond: Pond, inbox: Path) -> None:
    source = a_folder(inbox.parent, pattern="${env:INBOX}/*.csv")
    with pytest.raises(ConfigError, match="INBOX"):
        look(pond, inbox, source)


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() == 0, reason="this user may read everything"
)
def test_a_file_that_cannot_be_read_is_named(pond: Pond, inbox: Path) -> None:
    write_export(inbox, "a.csv", ROW)
    (inbox / "a.csv").chmod(0)
    with pytest.raises(SourceError, match=r"a\.csv"):
        look(pond, inbox)


def test_a_kept_file_is_read_as_its_source_says(tmp_path: Path) -> None:
    text = f"Timestamp,Location,Parameter,Value\n{ROW}\n"
    (export,) = read_stored(a_folder(tmp_path, zone="UTC-08:00"), "a.csv", text.encode())
    assert [f"{each:%d %H:%M}" for each in export.readings["timestamp"].to_pylist()] == ["01 08:00"]


def test_a_kept_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        read_stored(a_folder(tmp_path), "a.csv", b"nothing of the kind")
