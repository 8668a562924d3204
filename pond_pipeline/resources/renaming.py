"""`metadata.renamedFrom`: a resource's trees move, and it stays the resource that it was.

What was made stays made. The marks of all series name their inputs by path; these names follow, so
that nothing counts as behind for its input's new name alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pond_core import EntryType, ReadFS, Transaction
from pond_pipeline.config import RENAMED_FROM, Document, Keys, Problems
from pond_pipeline.resources.recorded import (
    RecordedResource,
    link_of,
    recorded_resources,
    trees_of,
)

_KEYS: Keys = ("metadata", RENAMED_FROM)


@dataclass(frozen=True, slots=True)
class Renaming:
    """A resource that gets another name.

    Attributes:
        kind: What it is.
        old: The name that the pond knows.
        new: The name in the file.
    """

    kind: str
    old: str
    new: str

    @property
    def trees(self) -> list[tuple[str, str]]:
        """Each of its trees: from where, and to where."""
        return list(zip(trees_of(self.kind, self.old), trees_of(self.kind, self.new), strict=True))


def renamings(fs: ReadFS, documents: Sequence[Document]) -> list[Renaming]:
    """Return what is to be renamed; what was renamed before is not.

    A pond that has no resources yet has none to rename: its first file may tell of former names.

    Raises:
        ConfigError: The old name is unknown or in use, or something is at the new one already.
    """
    recorded = recorded_resources(fs)
    problems = Problems()
    found = []
    for document in documents:
        old = document.metadata.get(RENAMED_FROM)
        if old is None or not recorded:
            continue
        renaming = Renaming(document.kind, old, document.name)
        if _is_done(renaming, recorded):
            continue
        what, hint = _conflict(renaming, fs, documents, recorded)
        if what:
            problems.add(document.location, _KEYS, what, hint=hint)
        found.append(renaming)
    problems.raise_if_any()
    return found


def rename(tx: Transaction, changes: Iterable[Renaming]) -> None:
    """Move the trees of resources and the links to them."""
    moved: list[tuple[str, str]] = []
    for each in changes:
        tx.rename(link_of(each.kind, each.old), link_of(each.kind, each.new))
        for old, new in each.trees:
            if tx.exists(old):
                tx.rename(old, new)
                moved.append((old, new))
    if moved:
        _follow(tx, moved)


def renamed_path(path: str, moved: Iterable[tuple[str, str]]) -> str:
    """Return where a path is after trees were moved."""
    for old, new in moved:
        if path == old or path.startswith(f"{old}/"):
            return new + path.removeprefix(old)
    return path


def _is_done(renaming: Renaming, recorded: Mapping[tuple[str, str], RecordedResource]) -> bool:
    now = recorded.get((renaming.kind, renaming.new))
    if now is None:
        return False
    was = (json.loads(now.text).get("metadata") or {}).get(RENAMED_FROM)
    return was == renaming.old or (renaming.kind, renaming.old) not in recorded


def _conflict(
    renaming: Renaming,
    fs: ReadFS,
    documents: Sequence[Document],
    recorded: Mapping[tuple[str, str], RecordedResource],
) -> tuple[str, str]:
    """Return why something cannot be renamed, and what to do about it; nothing if it can."""
    kind, old, new = renaming.kind, renaming.old, renaming.new
    trees = {link_of(kind, old), *trees_of(kind, old)}
    for other in documents:
        if trees & {link_of(other.kind, other.name), *trees_of(other.kind, other.name)}:
            line = other.location.line(("name",))
            what = f"the {other.kind} in line {line} is named {old!r}"
            return what, "apply the renaming first, then the new resource of the old name"
    if (kind, old) not in recorded:
        what = f"the pond knows no {kind} {old!r}"
        return what, "remove renamedFrom, or correct the name; `pond get` shows which there are"
    if (kind, new) in recorded:
        what = f"the pond knows both, {kind} {old!r} and {kind} {new!r}"
        return what, f"remove renamedFrom; `pond apply --prune` removes what {old!r} left"
    taken = [path for _, path in renaming.trees if fs.exists(path)]
    if taken:
        what = f"{taken[0]} is there already"
        return what, "choose another name, or remove what is there"
    return "", ""


def _follow(tx: Transaction, moved: Sequence[tuple[str, str]]) -> None:
    """Let the marks of all series name their inputs as they are called now."""
    for each in list(tx.walk("/")):
        if each.entry_type is not EntryType.SERIES or each.entry.factory:
            continue
        for window, facts in list(each.node.marks.items()):
            inputs = facts.get("inputs")
            if isinstance(inputs, dict):
                called = {renamed_path(path, moved): told for path, told in inputs.items()}
                tx.set_mark(each.path, {**facts, "inputs": called}, window)
