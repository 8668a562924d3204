"""What a run has to do, from the pond, the folder, and what was in step after the run before.

Pure: nothing is read, and nothing is done. Of each file it is asked what happened on either side
since. What happened on one side is done on the other; a change beats a deletion; where both
changed, contents decide, which are compared when the plan is carried out.
"""

from dataclasses import dataclass
from enum import Enum, auto

from pond_core.errors import Finding
from pond_core.mirror.folder import Folder, Held
from pond_core.mirror.naming import ancestors
from pond_core.mirror.plan import Plan, Renaming, Taking, Writing
from pond_core.mirror.state import Record, State
from pond_core.mirror.subtree import Subtree, Wanted
from pond_core.rendition import PARQUET
from pond_core.tinyfs import EntryType


def plan_of(subtree: Subtree, folder: Folder, state: State, *, both: bool) -> Plan:
    """Return what is to be done.

    Args:
        subtree: What the pond holds.
        folder: What the folder holds.
        state: What was in step.
        both: Whether the pond takes what happened in the folder.
    """
    planning = _Planning(subtree, folder, state, both=both)
    planning.files()
    if both:
        planning.find_renames()
        planning.await_deletions()
        planning.check_takes()
    planning.directories()
    return planning.plan


class _Side(Enum):
    """What happened on one side."""

    NOTHING = auto()
    CHANGED = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class _File:
    """What is known of one file."""

    name: str
    wanted: Wanted | None
    held: Held | None
    record: Record | None

    @property
    def host(self) -> _Side:
        """What happened in the folder."""
        if self.held is None:
            return _Side.GONE
        return _Side.NOTHING if self.held.is_as_recorded else _Side.CHANGED

    @property
    def pond(self) -> _Side:
        """What happened in the pond."""
        if self.wanted is None:
            return _Side.GONE
        is_same = self.record is not None and self.record.key == self.wanted.key
        return _Side.NOTHING if is_same else _Side.CHANGED


class _Planning:
    """A plan in the making."""

    def __init__(self, subtree: Subtree, folder: Folder, state: State, *, both: bool) -> None:
        self.plan = Plan(findings=[*subtree.findings, *(folder.findings if both else ())])
        self._subtree = subtree
        self._folder = folder
        self._state = state
        self._both = both
        self._blocked = self._obstacles()

    def files(self) -> None:
        """Decide about every file."""
        names = {*self._subtree.files, *self._state.files}
        if self._both:
            names.update(self._folder.files)
        for name in sorted(names):
            if not self._is_blocked(name):
                self._decide(name)

    def _obstacles(self) -> set[str]:
        """Return names that only the person can clear, and tell of them."""
        blocked = set()
        concerned = {*self._subtree.files, *self._subtree.directories}
        concerned.update(self._state.files, self._state.directories)
        for name, what in self._folder.obstacles.items():
            if self._both or name in concerned:
                blocked.add(name)
                self._tell(name, f"{what} is not followed")
        return blocked

    def _is_blocked(self, name: str) -> bool:
        return bool(self._blocked) and any(
            each in self._blocked for each in (*ancestors(name), name)
        )

    def _decide(self, name: str) -> None:
        file = _File(
            name,
            self._subtree.files.get(name),
            self._folder.files.get(name),
            self._state.files.get(name),
        )
        if file.host is _Side.CHANGED:
            self._decide_changed(file)
        elif file.wanted is not None:
            self._decide_wanted(file, file.wanted)
        elif file.host is _Side.NOTHING:
            self.plan.deletes.append(name)
        else:
            self.plan.forgotten.append(name)

    def _decide_wanted(self, file: "_File", wanted: Wanted) -> None:
        """Decide about a file that is as it was in the folder, or is gone from it."""
        if file.pond is _Side.CHANGED:
            self.plan.writes.append(Writing(wanted, file.held))
        elif file.held is None and self._both and wanted.can_be_changed:
            self.plan.drops.append(wanted)
        elif file.held is None:
            self.plan.writes.append(Writing(wanted))
        elif file.record is not None and file.held.stamp != file.record.stamp:
            self.plan.touched.append(file.name)

    def _decide_changed(self, file: "_File") -> None:
        """Decide about a file that was changed in the folder, or is new there."""
        wanted, held = file.wanted, file.held
        if held is None:
            return
        if held.is_fresh and self._both:
            self.plan.waiting.append(file.name)
        elif wanted is None:
            self._decide_foreign_file(file, held)
        elif file.pond is _Side.CHANGED or wanted.is_placeholder:
            self.plan.comparisons.append(Writing(wanted, held))
        elif not self._both:
            self._tell(file.name, "it was changed here: the pond's content is not brought")
        elif wanted.is_computed:
            self._tell(file.name, f"it was changed here, and {wanted.path} is computed")
        else:
            self.plan.takes.append(Taking(file.name, held, wanted))

    def _decide_foreign_file(self, file: "_File", held: Held) -> None:
        """Decide about a file that only the folder has, not as the mirror made it."""
        is_placeholder = file.record is not None and file.record.is_placeholder
        if self._both and not is_placeholder:
            self.plan.takes.append(Taking(file.name, held))
        elif file.record is not None:
            self.plan.forgotten.append(file.name)
            self._tell(file.name, "it was changed here, and is gone from the pond: it stays")

    def find_renames(self) -> None:
        """Find files that are gone from one name and are there, untouched, under another."""
        going = self._going()
        gone = {self._state.files[each.name].stamp: each for each in self.plan.drops}
        takes, renamed = [], set()
        for taking in self.plan.takes:
            wanted = gone.get(taking.held.stamp) if taking.wanted is None else None
            if wanted is None or not self._can_be_renamed(wanted, taking.name, going):
                takes.append(taking)
                continue
            del gone[taking.held.stamp]
            renamed.add(wanted.name)
            self.plan.renames.append(Renaming(wanted, taking.name, taking.held))
        self.plan.takes = takes
        self.plan.drops = [each for each in self.plan.drops if each.name not in renamed]

    def _can_be_renamed(self, wanted: Wanted, name: str, going: set[str | None]) -> bool:
        is_way_clear = not any(self._subtree.inside.get(each) in going for each in ancestors(name))
        is_rows = wanted.entry_type is not EntryType.DATA
        return is_way_clear and (name.endswith(PARQUET) or not is_rows)

    def await_deletions(self) -> None:
        """Leave what went a moment ago: some programs delete a file and then write it anew."""
        fresh = {each.name for each in self.plan.drops if self._is_fresh_around(each.name)}
        self.plan.waiting.extend(sorted(fresh))
        self.plan.drops = [each for each in self.plan.drops if each.name not in fresh]

    def _is_fresh_around(self, name: str) -> bool:
        """Say whether names came or went a moment ago where something is gone."""
        there = [each for each in ancestors(name) if each in self._folder.directories]
        return ("", *there)[-1] in self._folder.fresh

    def check_takes(self) -> None:
        """Leave what cannot be in the pond, because something else is in its place there."""
        going = self._going()
        leaving = self._leaving(going)
        takes, renames = [], []
        for taking in self.plan.takes:
            is_new = taking.wanted is None
            if not (is_new and self._is_occupied(taking.name, taking.name, going, leaving)):
                takes.append(taking)
        for renaming in self.plan.renames:
            if not self._is_occupied(renaming.pond_name, renaming.name, going, leaving):
                renames.append(renaming)
            else:
                self.plan.writes.append(Writing(renaming.wanted))
        self.plan.takes, self.plan.renames = takes, renames

    def _going(self) -> set[str | None]:
        """Return the names of files whose nodes leave their places in the pond."""
        going = [*self.plan.drops, *(each.wanted for each in self.plan.renames)]
        return {each.name for each in going}

    def _leaving(self, going: set[str | None]) -> set[str]:
        """Return directories of the pond that are gone from the folder, with all they held."""
        in_step = self._subtree.directories & self._state.directories
        gone = in_step - self._folder.directories.keys()
        held = {
            above
            for name, there in self._subtree.inside.items()
            if there not in going and there not in gone
            for above in ancestors(name)
        }
        return gone - held

    def _is_occupied(self, name: str, told: str, going: set[str | None], leaving: set[str]) -> bool:
        """Say whether something in the pond has a name below the subtree; tell of it."""
        for each in (*ancestors(name), name):
            if each not in self._subtree.inside:
                return False
            there = self._subtree.inside[each]
            is_way = each != name and there in self._subtree.directories
            if not (is_way or there in going or there in leaving):
                self._tell(told, f"{self._subtree.pond_path(each)} is something else in the pond")
                return True
        return False

    def directories(self) -> None:
        """Decide about every directory."""
        names = {*self._subtree.directories, *self._state.directories}
        if self._both:
            names.update(self._folder.directories)
        going = self._going()
        leaving = self._leaving(going) if self._both else set()
        for name in sorted(names):
            if self._is_blocked(name):
                continue
            is_wanted, is_here = name in self._subtree.directories, name in self._folder.directories
            if is_wanted and not is_here:
                self._decide_missing(name, leaving)
            elif is_here and not is_wanted:
                self._decide_foreign(name, going, leaving)
        self._leave_blocked()

    def _decide_missing(self, name: str, leaving: set[str]) -> None:
        """Decide about a directory that only the pond has."""
        if self._both and name in self._state.directories and self._is_fresh_around(name):
            return  # it may come back, as a file may
        if name in leaving:
            self.plan.dropped_directories.insert(0, name)
        elif name in self._folder.files and name not in self.plan.deletes:
            self._blocked.add(name)
            self._tell(name, "a file has the name of a directory of the pond")
        else:
            self.plan.directories.append(name)

    def _decide_foreign(self, name: str, going: set[str | None], leaving: set[str]) -> None:
        """Decide about a directory that only the folder has."""
        if name in self._state.directories and not self._keeps(name):
            self.plan.removed_directories.insert(0, name)
        elif self._both and (not self._folder.directories[name] or self._keeps(name)):
            if self._is_occupied(name, name, going, leaving):
                self._blocked.add(name)
            else:
                self.plan.made_directories.append(name)

    def _keeps(self, name: str) -> bool:
        """Say whether a directory of the folder holds what the pond takes."""
        coming = [each.name for each in self.plan.takes]
        coming.extend(each.name for each in self.plan.renames)
        return any(each.startswith(f"{name}/") for each in coming)

    def _leave_blocked(self) -> None:
        """Take out of the plan what lies below something that is in the way."""
        if not self._blocked:
            return
        self.plan.writes = [e for e in self.plan.writes if not self._is_blocked(e.wanted.name)]
        self.plan.takes = [e for e in self.plan.takes if not self._is_blocked(e.name)]
        self.plan.renames = [e for e in self.plan.renames if not self._is_blocked(e.name)]

    def _tell(self, name: str, detail: str) -> None:
        self.plan.findings.append(Finding("left", name, detail))


def are_all_gone(folder: Folder, state: State) -> bool:
    """Say whether nothing at all is left of what a mirror made."""
    return bool(state.files) and state.files.keys().isdisjoint(folder.files)
