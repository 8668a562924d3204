"""Which directories a visit reads; numbers are those of `docs/semantics.md`."""

from collections.abc import Sequence

import pytest
from typing_extensions import override

from pond_core.tinyfs import FS, Entry, MemoryBackend, NodeId


class RecordingBackend(MemoryBackend):
    """Nodes in memory, and a list of the directories that were listed."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[NodeId] = []

    @override
    def entries(self, parent: NodeId) -> Sequence[Entry]:
        self.listed.append(parent)
        return super().entries(parent)


@pytest.mark.parametrize(
    ("pattern", "listed"),
    [
        ("/raw/noyo/*", ["/raw/noyo"]),
        ("/raw/noyo/x", []),
        ("/raw/*/x", ["/raw"]),
        ("/r*/noyo/x", ["/"]),
        ("/gone/*", []),
        ("/raw/**/x", ["/raw", "/raw/noyo", "/raw/fb"]),
        ("/*", ["/"]),
    ],
)
def test_7_8_only_directories_that_can_hold_a_match_are_listed(
    pattern: str, listed: list[str]
) -> None:
    backend = RecordingBackend()
    fs = FS(backend)
    for path in ["/raw/noyo", "/raw/fb", "/site/a"]:
        fs.mkdir(path, parents=True)
        fs.write_data(f"{path}/x", b"")
    list(fs.glob(pattern))
    assert sorted(backend.listed) == sorted(fs.lookup(path).node_id for path in listed)


def test_7_7_symlinks_in_a_circle_end_a_visit() -> None:
    fs = FS(MemoryBackend())
    fs.mkdir("/a")
    fs.symlink("/a/b", "b")
    fs.symlink("/a/here", ".")
    assert [node.path for node, _ in fs.glob("/a/*/*")] == ["/a/here/b", "/a/here/here"]
    assert [node.path for node, _ in fs.glob("/**")] == ["/", "/a", "/a/b", "/a/here"]


def test_a_very_deep_tree_is_visited_and_copied() -> None:
    fs = FS(MemoryBackend())
    fs.mkdir("/a" + "/d" * 1500, parents=True)
    fs.copy("/a", "/b", recursive=True)
    assert len(list(fs.walk("/b"))) == 1501
    assert len(list(fs.glob("/b/**"))) == 1501
