"""A question that fails or hangs keeps no other from being asked."""

import errno
import threading
from collections.abc import Iterator

import pytest

from pond_core import StorageError
from pond_pipeline.doctor import Answer, Diagnosis, Exam, Grade, examine

SECRET = "hush-hush"  # noqa: S105 -- of nobody


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that comes when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def asked(*exams: Exam, patience_s: float = 60) -> list[Diagnosis]:
    return list(examine(exams, patience_s=patience_s))


def failing(error: Exception) -> Exam:
    def ask() -> Answer:
        raise error

    return Exam("it", ask)


def test_an_answer_is_well_and_one_with_a_hint_a_warning() -> None:
    well, warned = asked(
        Exam("one", lambda: Answer("fine")), Exam("two", lambda: Answer("odd", hint="look"))
    )
    assert well == Diagnosis(Grade.OK, "one", "fine", "")
    assert warned == Diagnosis(Grade.WARNING, "two", "odd", "look")


def test_what_an_error_says_is_why_it_failed() -> None:
    (found,) = asked(failing(StorageError("the disk is full", hint="free some")))
    assert found == Diagnosis(Grade.FAILED, "it", "the disk is full", "free some")


def test_what_the_system_refuses_is_told_with_its_file() -> None:
    (found,) = asked(failing(OSError(errno.EACCES, "Permission denied", "/srv")))
    assert (found.grade, found.detail) == (Grade.FAILED, "/srv: Permission denied")


def test_of_an_unexpected_error_only_its_kind_is_told() -> None:
    (found,) = asked(failing(KeyError(SECRET)))
    assert found.detail == "unexpected KeyError"


def test_a_question_that_hangs_is_given_up_and_the_others_are_answered(
    never: threading.Event,
) -> None:
    def hang() -> Answer:
        never.wait()
        return Answer("too late")

    well, hung = asked(Exam("one", lambda: Answer("fine")), Exam("two", hang), patience_s=0.5)
    assert well.grade is Grade.OK
    assert (hung.grade, hung.detail) == (Grade.FAILED, "no answer within 0.5 s")
    assert "--timeout" in hung.hint
