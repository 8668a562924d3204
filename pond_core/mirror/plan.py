"""What a run of a mirror has to do, as data."""

from dataclasses import dataclass, field

from pond_core.errors import Finding
from pond_core.mirror.folder import Held
from pond_core.mirror.subtree import Wanted
from pond_core.rendition import PARQUET
from pond_core.tinyfs import EntryType


@dataclass(frozen=True, slots=True)
class Taking:
    """A file that the pond takes from the folder.

    Attributes:
        name: The file.
        held: As it was seen.
        wanted: The file of the pond that it replaces; None where it is new.
    """

    name: str
    held: Held
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """A file that the folder gets from the pond.

    Attributes:
        wanted: What it shall be.
        held: What it replaces; None where nothing is there.
    """

    wanted: Wanted
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Renaming:
    """A file that has another name in the folder, and shall have it in the pond."""

    wanted: Wanted
    name: str
    held: Held

    @property
    def pond_name(self) -> str:
        """The name that it gets, below the subtree."""
        is_rows = self.wanted.entry_type is not EntryType.DATA
        return self.name.removesuffix(PARQUET) if is_rows else self.name


@dataclass(slots=True)
class Plan:
    """What is to be done; names are those below the folder.

    Attributes:
        drops: Files that go in the pond.
        dropped_directories: Directories that go there if nothing is in them, the deepest first.
        renames: Files that are renamed there.
        made_directories: Directories that are made there, the outermost first.
        takes: Files that it takes.
        deletes: Files that go in the folder.
        removed_directories: Directories that go there if nothing is in them, the deepest first.
        directories: Directories that are made there, the outermost first.
        writes: Files that it gets.
        comparisons: Files that changed on both sides, or that nobody knows of.
        touched: Files that are as they were, with another stamp.
        forgotten: Names that nothing has any more.
        waiting: What changed a moment ago, and is left for the next run.
        findings: What is left as it is, and why.
    """

    drops: list[Wanted] = field(default_factory=list)
    dropped_directories: list[str] = field(default_factory=list)
    renames: list[Renaming] = field(default_factory=list)
    made_directories: list[str] = field(default_factory=list)
    takes: list[Taking] = field(default_factory=list)
    deletes: list[str] = field(default_factory=list)
    removed_directories: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    writes: list[Writing] = field(default_factory=list)
    comparisons: list[Writing] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def changes_pond(self) -> bool:
        """True when there is anything to be done in the pond."""
        return any(
            (self.drops, self.dropped_directories, self.renames, self.made_directories, self.takes)
        )
