"""Files that cannot be read, and files that other settings read otherwise."""

from dataclasses import replace
from pathlib import Path

from pond_core import Pond
from pond_pipeline.plan import FilesStep
from pond_pipeline.steps.verdict import Held, stored_verdicts
from tests.pipeline.steps.exports import FILES, QUARANTINE, a_folder, put, write_export
from tests.pipeline.steps.files.look import NONSENSE, ROW, has_news, names, run, spoil
from tests.pipeline.waters import at


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
