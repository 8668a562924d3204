"""Files of a folder are kept bit for bit, each read once."""

import hashlib
import os
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.deposit import Deposited
from pond_pipeline.errors import ConfigError, ExportError, SourceError
from pond_pipeline.plan import FilesStep
from pond_pipeline.steps.files import read_stored
from pond_pipeline.steps.verdict import Held, stored_verdicts
from tests.pipeline.steps.exports import (
    FILES,
    NOW,
    a_files_step,
    a_folder,
    age,
    keep,
    look,
    put,
    write_export,
)
from tests.pipeline.steps.files.look import NONSENSE, ROW, has_news, names, run, spoil
from tests.pipeline.waters import at

LATER = "2025-03-01 00:00,Pier-1,Temp (C),6"


def test_a_file_is_kept_bit_for_bit_with_a_verdict(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    file = write_export(inbox, "a.csv", ROW, LATER)
    run(pond, step)
    verdict = stored_verdicts(pond.snapshot(), FILES)["a.csv"]
    first, last = (int(at(each).timestamp() * 1e6) for each in ("2025-01-01", "2025-03-01"))
    assert pond.snapshot().read_data(f"{FILES}/a.csv") == file.read_bytes()
    assert verdict.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (verdict.held, verdict.problem) == (
        (Held("Pier-1", first, last, {"2025-01": 1, "2025-03": 1}),),
        "",
    )


def test_verdicts_read_back_from_the_pond(pond: Pond, inbox: Path, step: FilesStep) -> None:
    write_export(inbox, "a.csv", ROW)
    write_export(inbox, "b.csv", ROW, ROW.replace("Pier-1", "Dock-1"))
    files, _ = run(pond, step)
    assert stored_verdicts(pond.snapshot(), FILES) == files.verdicts


def test_before_the_first_file_there_are_no_verdicts(pond: Pond) -> None:
    assert stored_verdicts(pond.snapshot(), FILES) == {}


def test_an_empty_folder_is_an_empty_directory(pond: Pond, inbox: Path, step: FilesStep) -> None:
    assert inbox.is_dir()
    run(pond, step)
    assert pond.snapshot().exists(FILES)
    assert names(pond) == []


def test_a_file_that_is_kept_already_is_not_read(pond: Pond, inbox: Path, step: FilesStep) -> None:
    write_export(inbox, "a.csv", ROW)
    put(inbox, "b.csv", NONSENSE)
    run(pond, step)
    spoil(inbox)
    files, kept = run(pond, step)
    assert (kept, list(files.verdicts), list(files.problems)) == (
        Deposited(),
        ["a.csv"],
        ["b.csv"],
    )
    assert not has_news(pond, step)


def test_a_file_whose_bytes_changed_is_kept_anew(pond: Pond, inbox: Path, step: FilesStep) -> None:
    write_export(inbox, "a.csv", ROW)
    run(pond, step)
    file = write_export(inbox, "a.csv", ROW, LATER)
    assert has_news(pond, step)
    assert run(pond, step)[1].files == 1
    assert pond.snapshot().read_data(f"{FILES}/a.csv") == file.read_bytes()


def test_a_file_of_the_same_bytes_and_another_time_is_read_once_more_and_not_written(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    file = write_export(inbox, "a.csv", ROW)
    run(pond, step)
    piece = pond.snapshot().node(f"{FILES}/a.csv").pieces
    age(file)
    assert run(pond, step)[1].files == 0
    assert pond.snapshot().node(f"{FILES}/a.csv").pieces == piece
    spoil(inbox)
    assert run(pond, step)[1] == Deposited()


def test_a_file_that_changes_while_it_is_looked_at_waits(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    file = write_export(inbox, "a.csv", ROW)
    files = look(step, pond)
    with file.open("a") as more:
        more.write(LATER)
    keep(pond, step, files)
    assert (files.waiting, names(pond)) == (["a.csv"], [])


def test_a_file_that_is_still_being_written_waits(pond: Pond, inbox: Path, step: FilesStep) -> None:
    file = write_export(inbox, "a.csv", ROW)
    os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    files, kept = run(pond, step)
    assert (files.waiting, files.problems, kept.files) == (["a.csv"], {}, 0)


def test_a_file_that_is_gone_from_the_folder_stays(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    write_export(inbox, "a.csv", ROW).unlink()
    write_export(inbox, "b.csv", ROW)
    run(pond, step)
    (inbox / "b.csv").unlink()
    files, kept = run(pond, step)
    assert (kept, list(files.verdicts), names(pond)) == (Deposited(), ["b.csv"], ["b.csv"])


def test_a_location_that_nobody_declared_is_told(pond: Pond, inbox: Path, step: FilesStep) -> None:
    write_export(inbox, "a.csv", ROW)
    write_export(inbox, "c.csv", ROW.replace("Pier-1", "Dock-1"))
    files, _ = run(pond, step)
    assert [v.name for v in files.undeclared([("Pier", "Pier-*")])] == ["c.csv"]


def test_what_cannot_be_taken_is_told_and_the_others_are(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    write_export(inbox, "a.csv", ROW)
    (inbox / "b.csv").symlink_to(inbox / "a.csv")
    files, _ = run(pond, step)
    assert (names(pond), list(files.problems)) == (["a.csv"], ["b.csv"])


@pytest.mark.skipif(os.getuid() == 0, reason="this user may read everything")
def test_a_file_that_may_not_be_read_is_told_and_the_others_are_taken(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    write_export(inbox, "a.csv", ROW).chmod(0)
    write_export(inbox, "b.csv", ROW)
    files, _ = run(pond, step)
    assert (names(pond), list(files.problems)) == (["b.csv"], ["a.csv"])


def test_a_folder_that_is_not_there_is_named(pond: Pond, step: FilesStep, tmp_path: Path) -> None:
    assert not (tmp_path / "inbox").exists()
    with pytest.raises(SourceError, match=r"there is no folder .*inbox"):
        look(step, pond)


def test_a_pattern_takes_variables_from_the_environment(
    pond: Pond, inbox: Path, tmp_path: Path
) -> None:
    write_export(inbox, "a.csv", ROW)
    step = a_files_step(a_folder(tmp_path, pattern="${env:INBOX}/*.csv"))
    keep(pond, step, look(step, pond, {"INBOX": str(inbox)}))
    assert names(pond) == ["a.csv"]


def test_a_variable_that_is_not_set_is_named(pond: Pond, tmp_path: Path) -> None:
    step = a_files_step(a_folder(tmp_path, pattern="${env:INBOX}/*.csv"))
    with pytest.raises(ConfigError, match="INBOX"):
        look(step, pond)


def test_a_kept_file_is_read_as_its_source_says(tmp_path: Path) -> None:
    text = f"Timestamp,Location,Parameter,Value\n{ROW}\n"
    (export,) = read_stored(a_folder(tmp_path, zone="UTC-08:00"), "a.csv", text.encode())
    assert [f"{each:%d %H:%M}" for each in export.readings["timestamp"].to_pylist()] == ["01 08:00"]


def test_a_kept_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        read_stored(a_folder(tmp_path), "a.csv", NONSENSE.encode())
