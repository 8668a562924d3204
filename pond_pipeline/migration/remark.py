"""What a migration tells beside what it took: nothing of the old pond goes unsaid."""

from dataclasses import dataclass, field
from enum import StrEnum


class Grade(StrEnum):
    """How much a remark matters."""

    FAILED = "failed"
    LEFT = "left"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to know.

    Attributes:
        grade: `failed`: it should have been taken and could not; `left`: it is whole, and has no
            place here; `noted`: it was taken, and something about it is to be known.
        what: What it is, in a few words.
        where: The path in the old pond, or in the new one.
        detail: What was found and what became of it; never a secret.
    """

    grade: Grade
    what: str
    where: str
    detail: str


@dataclass(slots=True)
class Remarks:
    """The remarks so far."""

    _found: dict[Remark, None] = field(default_factory=dict)

    @property
    def found(self) -> list[Remark]:
        """The remarks in the order in which they were made, each once."""
        return list(self._found)

    def failed(self, what: str, where: str, detail: str) -> None:
        """Note what could not be taken."""
        self._found[Remark(Grade.FAILED, what, where, detail)] = None

    def left(self, what: str, where: str, detail: str) -> None:
        """Note what is whole and was not taken."""
        self._found[Remark(Grade.LEFT, what, where, detail)] = None

    def noted(self, what: str, where: str, detail: str) -> None:
        """Note something about what was taken."""
        self._found[Remark(Grade.NOTED, what, where, detail)] = None
