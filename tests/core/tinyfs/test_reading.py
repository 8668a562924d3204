"""What reading touches, and what it says when the store is damaged."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from typing_extensions import override

from pond_core.errors import CorruptionError
from pond_core.tinyfs import FS, Content, EntryType, MemoryBackend, NodeId, Piece
from pond_core.tinyfs.place import make
from pond_core.window import ALWAYS, Window
from tests.conformance.filesystem import readings, values


class RecordingBackend(MemoryBackend):
    """Nodes in memory, and a list of the windows that were read."""

    def __init__(self) -> None:
        super().__init__()
        self.read_windows: list[Window] = []

    @override
    def read(self, piece: Piece, columns: Sequence[str] | None = None) -> Content:
        self.read_windows.append(piece.window)
        return super().read(piece, columns)


@pytest.fixture
def backend() -> RecordingBackend:
    return RecordingBackend()


@pytest.fixture
def fs(backend: RecordingBackend) -> FS:
    return FS(backend)


def test_4_11_a_read_touches_only_pieces_that_overlap(fs: FS, backend: RecordingBackend) -> None:
    for start in range(0, 100, 10):
        fs.write_window("/s", readings({start + 1: 1.0}), Window(start, start + 10))
    fs.read_series("/s", Window(35, 52))
    assert backend.read_windows == [Window(40, 50), Window(50, 52)]


def test_4_11_a_piece_without_rows_in_the_window_is_not_read(
    fs: FS, backend: RecordingBackend
) -> None:
    fs.write_window("/s", readings({5: 1.0}), ALWAYS)
    assert fs.read_series("/s", Window(6, 100)).num_rows == 0
    assert backend.read_windows == []


def test_4_12_columns_of_a_series_without_rows_have_no_type(fs: FS) -> None:
    fs.write_window("/s", None, ALWAYS)
    table = fs.read_series("/s", columns=["value"])
    assert table.schema.types == [pa.timestamp("us", tz="UTC"), pa.null()]


def test_what_a_path_led_to_reads_itself(fs: FS) -> None:
    fs.write_data("/f", b"x")
    fs.write_table("/t", pa.table({"a": [1], "b": [2]}))
    fs.write_window("/s", readings({1: 1.0}), ALWAYS)
    fs.symlink("/l", "f")
    assert fs.lookup("/f").read_bytes() == b"x"
    assert fs.lookup("/t").read_table(["b"]).to_pydict() == {"b": [2]}
    assert values(fs.lookup("/s").read_series(Window(0, 5))) == {1: 1.0}
    link = fs.lookup("/l", follow=False)
    assert (link.readlink(), link.name, link.entry_type) == ("f", "l", EntryType.SYMLINK)
    assert link.node.node_id != fs.lookup("/l").node_id


@pytest.mark.parametrize("entry_type", [EntryType.DATA, EntryType.TABLE])
def test_a_file_whose_content_is_missing_is_corrupt(
    fs: FS, backend: RecordingBackend, entry_type: EntryType
) -> None:
    make(backend, NodeId("0" * 32), "f", entry_type)
    read = fs.read_data if entry_type is EntryType.DATA else fs.read_table
    with pytest.raises(CorruptionError, match="/f has an entry, but its content is missing"):
        read("/f")


def test_content_of_the_wrong_kind_is_corrupt(fs: FS, backend: RecordingBackend) -> None:
    fs.write_data("/f", b"")
    fs.write_table("/t", pa.table({"a": [1]}))
    fs.create_series("/s")
    backend.write(fs.lookup("/f").node_id, pa.table({"a": [1]}))
    backend.write(fs.lookup("/t").node_id, b"x")
    with pytest.raises(CorruptionError):
        fs.read_data("/f")
    with pytest.raises(CorruptionError):
        fs.read_table("/t")
