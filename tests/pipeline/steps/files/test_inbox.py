"""An inbox keeps any file, some at a time."""

import os
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.deposit import Deposited
from pond_pipeline.plan import InboxStep
from tests.pipeline.steps.exports import INBOX, age, look, put
from tests.pipeline.steps.files.look import NONSENSE, has_news, names, run, spoil


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
