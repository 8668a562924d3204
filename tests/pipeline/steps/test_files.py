import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from pond_core import EntryType, Pond
from pond_pipeline.deposit import Deposited
from pond_pipeline.errors import ConfigError, ExportError, SourceError
from pond_pipeline.plan import FilesStep, InboxStep
from pond_pipeline.steps import CheckedFiles
from pond_pipeline.steps.files import foresee, list_source, read_stored
from pond_pipeline.steps.verdict import Held, stored_verdicts
from tests.pipeline.steps.exports import (
    FILES,
    INBOX,
    NOW,
    QUARANTINE,
    a_files_step,
    a_folder,
    age,
    an_inbox_step,
    keep,
    look,
    put,
    write_export,
)
from tests.pipeline.waters import at

ROW = "2025-01-01 00:00,Pier-1,Temp (C),5"
LATER = "2025-03-01 00:00,Pier-1,Temp (C),6"
NONSENSE = "nothing of the kind"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    return Pond.init(tmp_path / "pond", durability="process")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def step(tmp_path: Path) -> FilesStep:
    return a_files_step(a_folder(tmp_path))


@pytest.fixture
def any_step(tmp_path: Path) -> InboxStep:
    return an_inbox_step(tmp_path)


def run(pond: Pond, step: FilesStep | InboxStep) -> tuple[CheckedFiles, Deposited]:
    """Look at a folder and keep what is found."""
    files = look(step, pond)
    return files, keep(pond, step, files)


def names(pond: Pond, path: str = FILES) -> list[str]:
    """Return the files of a pond directory."""
    snapshot = pond.snapshot()
    if not snapshot.exists(path):
        return []
    below = (each for each in snapshot.walk(path) if each.entry_type is EntryType.DATA)
    return [each.path.removeprefix(f"{path}/") for each in below]


def has_news(pond: Pond, step: FilesStep | InboxStep) -> bool:
    listing = list_source(step, {}, now=NOW)
    return foresee(step, pond.snapshot(), listing).has_news


def spoil(inbox: Path) -> None:
    """Overwrite every file in a way that only reading it could notice."""
    for file in (each for each in inbox.rglob("*") if each.is_file()):
        status = file.stat()
        with file.open("r+b") as content:
            content.write(b"?" * status.st_size)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


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


def test_a_file_that_is_no_export_goes_into_quarantine_with_the_reason(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    put(inbox, "b.csv", NONSENSE)
    files, _ = run(pond, step)
    assert names(pond) == []
    assert pond.snapshot().read_data(f"{QUARANTINE}/b.csv") == NONSENSE.encode()
    told = stored_verdicts(pond.snapshot(), QUARANTINE)["b.csv"].problem
    assert "b.csv" in told
    assert files.problems == {"b.csv": told}


def test_half_a_copy_does_not_take_the_place_of_a_file_that_can_be_read(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    good = write_export(inbox, "a.csv", ROW).read_bytes()
    run(pond, step)
    put(inbox, "a.csv", NONSENSE)
    files, _ = run(pond, step)
    assert pond.snapshot().read_data(f"{FILES}/a.csv") == good
    assert pond.snapshot().read_data(f"{QUARANTINE}/a.csv") == NONSENSE.encode()
    assert (list(files.verdicts), list(files.problems)) == (["a.csv"], ["a.csv"])


def test_a_bad_file_that_became_good_leaves_the_quarantine(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    put(inbox, "a.csv", NONSENSE)
    run(pond, step)
    bad = pond.snapshot()
    write_export(inbox, "a.csv", ROW)
    files, _ = run(pond, step)
    assert (names(pond), names(pond, QUARANTINE), files.problems) == (["a.csv"], [], {})
    assert bad.read_data(f"{QUARANTINE}/a.csv") == NONSENSE.encode()


def test_a_good_version_that_is_put_back_settles_the_quarantine(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    good = write_export(inbox, "a.csv", ROW)
    run(pond, step)
    good.rename(inbox / "aside")
    put(inbox, "a.csv", NONSENSE)
    run(pond, step)
    (inbox / "aside").rename(good)
    assert has_news(pond, step)
    files, _ = run(pond, step)
    assert (names(pond, QUARANTINE), files.problems) == ([], {})


def test_a_bad_file_that_is_gone_is_no_problem_any_more_and_is_not_lost(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    put(inbox, "b.csv", NONSENSE)
    run(pond, step)
    (inbox / "b.csv").unlink()
    files, _ = run(pond, step)
    assert (files.problems, names(pond, QUARANTINE)) == ({}, ["b.csv"])


def test_other_settings_judge_every_file_again_from_the_bytes_that_are_kept(
    pond: Pond, inbox: Path, step: FilesStep, tmp_path: Path
) -> None:
    write_export(inbox, "a.csv", ROW)
    write_export(inbox, "gone.csv", ROW)
    run(pond, step)
    (inbox / "gone.csv").unlink()
    moved = replace(step, source=a_folder(tmp_path, zone="UTC-08:00"))
    assert has_news(pond, moved)
    spoil(inbox)
    run(pond, moved)
    first = int(at("2025-01-01 08:00").timestamp() * 1e6)
    for verdict in stored_verdicts(pond.snapshot(), FILES).values():
        assert verdict.held == (Held("Pier-1", first, first, {"2025-01": 1}),)
    assert not has_news(pond, moved)


def test_a_quarantined_file_that_other_settings_can_read_is_taken(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    zoneless = replace(step, source=replace(step.source, timezone=None))
    file = write_export(inbox, "a.csv", ROW)
    run(pond, zoneless)
    assert names(pond, QUARANTINE) == ["a.csv"]
    data = file.read_bytes()
    file.unlink()
    run(pond, step)
    assert (names(pond), names(pond, QUARANTINE)) == (["a.csv"], [])
    assert pond.snapshot().read_data(f"{FILES}/a.csv") == data


def test_a_kept_file_that_other_settings_cannot_read_stays_and_is_told(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    write_export(inbox, "a.csv", ROW)
    run(pond, step)
    zoneless = replace(step, source=replace(step.source, timezone=None))
    files, _ = run(pond, zoneless)
    assert (names(pond), names(pond, QUARANTINE)) == (["a.csv"], [])
    assert "timezone" in files.problems["a.csv"]


def test_other_settings_leave_a_bad_newer_version_in_quarantine(
    pond: Pond, inbox: Path, step: FilesStep, tmp_path: Path
) -> None:
    write_export(inbox, "a.csv", ROW)
    run(pond, step)
    put(inbox, "a.csv", NONSENSE)
    run(pond, step)
    files, _ = run(pond, replace(step, source=a_folder(tmp_path, zone="UTC-08:00")))
    assert (names(pond), names(pond, QUARANTINE)) == (["a.csv"], ["a.csv"])
    assert list(files.problems) == ["a.csv"]


def test_a_file_that_came_into_the_pond_in_another_way_is_judged_like_the_others(
    pond: Pond, inbox: Path, step: FilesStep
) -> None:
    data = write_export(inbox, "a.csv", ROW).read_bytes()
    (inbox / "a.csv").unlink()
    with pond.transaction() as tx:
        tx.mkdir(FILES, parents=True)
        tx.write_data(f"{FILES}/a.csv", data)
    files, _ = run(pond, step)
    assert files.verdicts["a.csv"].locations == ("Pier-1",)


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


def test_an_inbox_keeps_any_file_below_its_path(
    pond: Pond, inbox: Path, any_step: InboxStep
) -> None:
    content = {"a.bin": b"\x00\xff", "deep/er/note.txt": b"", "x.csv": NONSENSE.encode()}
    for name, data in content.items():
        put(inbox, name, data)
    files, _ = run(pond, any_step)
    assert {name: pond.snapshot().read_data(f"{INBOX}/{name}") for name in content} == content
    assert (names(pond, INBOX), files.problems) == (sorted(content), {})


def test_an_inbox_takes_every_new_version_of_a_file(
    pond: Pond, inbox: Path, any_step: InboxStep
) -> None:
    for text in ("one", "two"):
        put(inbox, "a.txt", text)
        run(pond, any_step)
        assert pond.snapshot().read_data(f"{INBOX}/a.txt") == text.encode()


@pytest.mark.parametrize(("first", "then"), [("a", "a/b"), ("a/b", "a")])
def test_a_name_for_which_the_pond_has_no_place_is_told(
    pond: Pond, inbox: Path, any_step: InboxStep, first: str, then: str
) -> None:
    file = put(inbox, first, "1")
    run(pond, any_step)
    file.unlink()
    if file.parent != inbox:
        file.parent.rmdir()
    put(inbox, then, "2")
    put(inbox, "z", "3")
    files, _ = run(pond, any_step)
    assert (names(pond, INBOX), list(files.problems)) == (sorted([first, "z"]), [then])


def test_ten_thousand_files_are_kept_in_batches_and_then_not_read_again(
    pond: Pond, inbox: Path, any_step: InboxStep
) -> None:
    for index in range(10_000):
        put(inbox, f"{index:05}.txt", str(index))
    files, kept = run(pond, any_step)
    assert (kept.files, len(files.verdicts), len(names(pond, INBOX))) == (10_000,) * 3
    assert pond.snapshot().txn >= 10
    assert pond.snapshot().read_data(f"{INBOX}/07777.txt") == b"7777"
    put(inbox, "01234.txt", "changed")
    assert run(pond, any_step)[1].files == 1
    spoil(inbox)
    assert run(pond, any_step)[1] == Deposited()
    assert not has_news(pond, any_step)


def test_a_batch_is_bounded_by_its_bytes(pond: Pond, inbox: Path, any_step: InboxStep) -> None:
    for name in "abc":
        file = put(inbox, name, "")
        os.truncate(file, 40 * 2**20)
        age(file)
    assert [len(batch) for batch in look(any_step, pond).batches] == [2, 1]


def test_a_file_is_not_read_before_its_batch_is_asked_for(
    pond: Pond, inbox: Path, any_step: InboxStep
) -> None:
    for index in range(1001):
        put(inbox, f"{index:04}", "x")
    files = look(any_step, pond)
    batches = iter(files.batches)
    assert len(next(batches)) == 1000
    (inbox / "1000").unlink()
    assert (list(batches), files.waiting) == ([], ["1000"])


def test_a_kept_file_is_read_as_its_source_says(tmp_path: Path) -> None:
    text = f"Timestamp,Location,Parameter,Value\n{ROW}\n"
    (export,) = read_stored(a_folder(tmp_path, zone="UTC-08:00"), "a.csv", text.encode())
    assert [f"{each:%d %H:%M}" for each in export.readings["timestamp"].to_pylist()] == ["01 08:00"]


def test_a_kept_file_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError):
        read_stored(a_folder(tmp_path), "a.csv", NONSENSE.encode())
