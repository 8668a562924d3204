"""One question about what a pond stands on: asked in a thread of its own, and given up in time."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread

from typing_extensions import override

from pond_core import PondError


class Grade(StrEnum):
    """How an answer is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found where nothing failed.

    Attributes:
        detail: What is the case; nothing secret.
        hint: What somebody should do about it; empty where all is well.
    """

    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Exam:
    """A question.

    Attributes:
        what: What it is about.
        ask: Finds the answer; what it raises is why it failed.
    """

    what: str
    ask: Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a question came to.

    Attributes:
        grade: How that is.
        what: What it is about.
        detail: What is the case; nothing secret.
        hint: What to do about it; empty where all is well.
    """

    grade: Grade
    what: str
    detail: str
    hint: str


def examine(exams: Sequence[Exam], *, patience_s: float) -> Iterator[Diagnosis]:
    """Ask all at once, and yield what came of each, in order.

    A thread that hangs is left behind: it holds nothing, and ends with the process.

    Args:
        exams: What to ask.
        patience_s: How long all of them may take together.
    """
    asked = [_Asked(exam) for exam in exams]
    for each in asked:
        each.start()
    deadline_s = time.monotonic() + patience_s
    for each in asked:
        each.join(max(deadline_s - time.monotonic(), 0))
        yield each.found or Diagnosis(
            Grade.FAILED,
            each.exam.what,
            f"no answer within {patience_s:g} s",
            "is the disk or the server there, or is somebody writing? --timeout waits longer",
        )


class _Asked(Thread):
    """A question that is being asked."""

    def __init__(self, exam: Exam) -> None:
        super().__init__(daemon=True)
        self.exam = exam
        self.found: Diagnosis | None = None

    @override
    def run(self) -> None:
        self.found = _diagnosed(self.exam)


def _diagnosed(exam: Exam) -> Diagnosis:
    try:
        answer = exam.ask()
    except PondError as exc:
        return Diagnosis(Grade.FAILED, exam.what, str(exc), exc.hint)
    except OSError as exc:
        where = f"{exc.filename}: " if isinstance(exc.filename, str) else ""
        return Diagnosis(Grade.FAILED, exam.what, where + (exc.strerror or type(exc).__name__), "")
    except Exception as exc:  # noqa: BLE001 -- one question shall not keep the others from being asked
        # Its words may repeat what was asked with, and that may be a secret.
        hint = "this is a defect of ours: report it"
        return Diagnosis(Grade.FAILED, exam.what, f"unexpected {type(exc).__name__}", hint)
    grade = Grade.WARNING if answer.hint else Grade.OK
    return Diagnosis(grade, exam.what, answer.detail, answer.hint)
