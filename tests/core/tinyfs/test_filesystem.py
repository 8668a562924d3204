"""What a filesystem does above its backend; numbers are those of `docs/semantics.md`."""

import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pond_core.errors import DataError, ExistsError, PondError, SchemaError
from pond_core.tinyfs import FS, WD, MemoryBackend, ReadFS
from pond_core.window import ALWAYS, Window

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def fs() -> FS:
    return FS(MemoryBackend())


@pytest.mark.parametrize("data", ["text", 5, None, bytearray(b"x")])
def test_3_8_what_is_no_bytes_is_refused(fs: FS, data: object) -> None:
    with pytest.raises(DataError, match=f"/f cannot hold a {type(data).__name__}"):
        fs.write_data("/f", data)  # type: ignore[arg-type]  # that is the test
    assert not fs.exists("/f")


def test_3_8_what_is_no_table_is_refused(fs: FS) -> None:
    with pytest.raises(DataError, match="/t cannot hold a dict"):
        fs.write_table("/t", {"a": [1]})


def test_3_8_two_columns_of_one_name_are_refused(fs: FS) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(SchemaError, match="two columns named 'a'"):
        fs.write_table("/t", table)


@pytest.mark.parametrize("value", [float("nan"), b"x", {1, 2}])
def test_3_8_attributes_that_are_no_json_are_refused(fs: FS, value: object) -> None:
    with pytest.raises(DataError, match="not JSON"):
        fs.create_series("/s", attributes={"a": value})
    assert not fs.exists("/s")


def test_3_7_attributes_are_shared_with_nobody(fs: FS) -> None:
    ids = [1]
    fs.create_series("/s", attributes={"ids": ids})
    ids.append(2)
    assert fs.node("/s").attributes["ids"] == [1]


def test_4_8_a_mark_on_a_window_without_instants_is_refused(fs: FS) -> None:
    fs.create_series("/s")
    with pytest.raises(DataError, match="its end is not after its start"):
        fs.mark("/s", {}, Window(5, 4))


WRITES: list[Callable[[WD], None]] = [
    lambda wd: wd.mkdir("/new"),
    lambda wd: wd.mkdir("/d", exist_ok=True),
    lambda wd: wd.write_data("/f", b"x"),
    lambda wd: wd.write_table("/new", pa.table({"a": [1]})),
    lambda wd: wd.create_series("/new"),
    lambda wd: wd.write_window("/new", None, ALWAYS),
    lambda wd: wd.mark("/f", {}),
    lambda wd: wd.symlink("/new", "f"),
    lambda wd: wd.rename("/f", "/new"),
    lambda wd: wd.remove("/f"),
    lambda wd: wd.copy("/f", "/new"),
    lambda wd: wd.copy_from(wd, "/f", "/new"),
]


@pytest.mark.parametrize("write", WRITES)
def test_8_1_a_read_only_view_refuses_every_write(fs: FS, write: Callable[[WD], None]) -> None:
    fs.mkdir("/d")
    fs.write_data("/f", b"kept")
    view = FS(fs.backend, writable=False)
    for wd in (view, view.cd("/d")):
        with pytest.raises(PondError, match="read-only"):
            write(wd)
    assert [node.path for node in fs.walk("/")] == ["/", "/d", "/f"]
    assert fs.read_data("/f") == b"kept"


def test_8_1_a_view_for_reading_cannot_write(fs: FS) -> None:
    fs.mkdir("/d")
    view = ReadFS(fs.backend).cd("/d")
    assert view.path == "/d"
    assert not hasattr(view, "write_data")


def test_8_2_a_working_directory_leads_up_and_to_the_root(fs: FS) -> None:
    fs.mkdir("/a/b", parents=True)
    wd = fs.cd("/a/b")
    wd.write_data("../f", b"up")
    wd.write_data("/g", b"root")
    assert (fs.read_data("/a/f"), fs.read_data("/g")) == (b"up", b"root")


def test_6_2_a_symlink_is_no_vacant_path(fs: FS) -> None:
    fs.write_data("/f", b"")
    fs.symlink("/l", "gone")
    with pytest.raises(ExistsError, match="/l exists: it is a symlink"):
        fs.rename("/f", "/l")


def test_every_numbered_rule_has_a_test() -> None:
    rules = set(re.findall(r"\*\*(\d+\.\d+)\*\*", (REPOSITORY / "docs/semantics.md").read_text()))
    sources = [path.read_text() for path in (REPOSITORY / "tests").rglob("*.py")]
    named = [found for text in sources for found in re.findall(r"def test_(\d+)_(\d+)_", text)]
    # Tables of cases cite their rules in comments.
    cited = [found for text in sources for found in re.findall(r"# (\d+)\.(\d+) [A-Z]", text)]
    assert {".".join(rule) for rule in (*named, *cited)} == rules
