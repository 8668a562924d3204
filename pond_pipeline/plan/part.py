"""What a step joins: one of several series, and how it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pond_core import ALWAYS, Window
from pond_pipeline.config import Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class CombineInput:
    """One series of a site.

    Attributes:
        path: The series; below an asset that is a directory, perhaps a glob.
        asset: The asset that it is, or lies in.
        scope: The prefix of its columns; None leaves them as they are.
        window: When it counts.
        rename: New names of columns, without scope.
        priority: Which of two values at one instant wins: the higher one.
        corrections: What is added to its columns, by date.
    """

    path: str
    asset: str
    scope: str | None = None
    window: Window = ALWAYS
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    priority: int | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PivotInput:
    """One series whose columns are shown beside those of others.

    Attributes:
        path: The series; below an asset that is a directory, perhaps a glob.
        asset: The asset that it is, or lies in.
        label: What it is called; None: as its path's last name.
    """

    path: str
    asset: str
    label: str | None
