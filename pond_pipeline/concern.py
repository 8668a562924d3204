"""What somebody should look at: not an error, for nothing is refused because of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that somebody should look at.

    Attributes:
        what: What is the case.
        hint: What to do about it.
    """

    what: str
    hint: str
