"""What resources declare among paths that somebody changes by hand: it comes again."""

import importlib
from collections.abc import Sequence

from pond_core import ReadFS
from pond_pipeline.cli.terminal import say

_TOLD = 3
"""How many are named one by one."""


def warn_of_declared(fs: ReadFS, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the assets that lie at or below paths, or around them, and tell what follows.

    Args:
        fs: The pond as it was.
        paths: What goes, by canonical paths.
    """
    if not fs.exists("/sys/resources"):
        return ()
    # Lazy: it imports the configuration, which a pond without resources does without.
    declared = importlib.import_module("pond_pipeline.apply").declared_assets(fs)
    gone = set(paths)
    around = {above for path in paths for above in _ways(path)}
    found = [
        each for each in sorted(declared) if each in around or not gone.isdisjoint(_ways(each))
    ]
    there = tuple(each for each in found if fs.exists(each))
    for path in there[:_TOLD]:
        verb = "collects" if path.startswith("/raw/") else "makes"
        say(f"warning: the next run {verb} {path} again: it belongs to {declared[path]}")
    if len(there) > _TOLD:
        say(f"warning: and {len(there) - _TOLD} more that resources declare")
    if there:
        say("  hint: take it out of resources.yaml first, or rename it there; then: pond apply")
    return there


def _ways(path: str) -> list[str]:
    """Return a path and those of the directories that lead to it, without the root."""
    names = path.split("/")
    return ["/".join(names[: i + 1]) for i in range(1, len(names))]
