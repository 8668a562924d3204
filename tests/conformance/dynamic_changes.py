"""The rules of changing what is computed: 9.2, 9.3, 9.6, 9.10 and 9.11 of `docs/semantics.md`."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from pond_core.errors import (
    DataError,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PondError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, EntryType, Recipe
from pond_core.window import ALWAYS, Window
from tests.conformance.factories import (
    DATA,
    DIRECTORY,
    SERIES,
    TABLE,
    show,
    visited,
)
from tests.conformance.filesystem import Contract, Settle, paths_below, readings, values

Change = Callable[[FS], object]


class DynamicChangesContract(Contract):
    """Where a recipe is put, what takes its place, and where nothing changes."""

    @pytest.mark.parametrize(
        ("path", "write"),
        [
            ("/f", lambda fs: fs.write_data("/f", b"stored")),
            ("/t", lambda fs: fs.write_table("/t", pa.table({"z": [0]}))),
            ("/s", lambda fs: fs.write_window("/s", readings({9: 9.0}), Window(0, 10))),
            ("/d", lambda fs: fs.mkdir("/d")),
        ],
    )
    def test_9_2_a_recipe_replaces_what_is_stored_and_keeps_the_node(
        self, fs: FS, settle: Settle, path: str, write: Change
    ) -> None:
        write(fs)
        fs.mark(path, {"kept": True})
        fs = settle(fs)
        before = fs.lookup(path)
        versions = [piece.version for piece in before.node.pieces]
        results = {DATA: "bytes", TABLE: "table", SERIES: "series", DIRECTORY: "children"}
        fs.write_recipe(path, show(results[before.entry_type], before.entry_type))
        fs = settle(fs)
        after = fs.lookup(path)
        assert after.node_id == before.node_id
        assert dict(after.node.attributes) == {"kept": True}
        assert max(piece.version for piece in after.node.pieces) > max(versions, default=0)
        match after.entry_type:
            case EntryType.DATA:
                assert after.read_bytes() == b"computed"
            case EntryType.TABLE:
                assert after.read_table().column_names == ["x", "y"]
            case EntryType.SERIES:
                assert values(after.read_series()) == {1: 1.0, 5: 2.0}
            case _:
                assert [node.name for node in fs.ls(path)] == ["a", "b", "é"]

    def test_9_2_a_recipe_replaces_a_recipe(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/d", show("children"))
        assert len(fs.ls("/d")) == 3
        fs.write_recipe("/d", visited("/*"))
        fs = settle(fs)
        assert [node.name for node in fs.ls("/d")] == ["d"]
        assert fs.lookup("/d").entry.factory == "test.visits"

    def test_9_2_a_bad_recipe_changes_nothing(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/f", b"kept")
        fs.mkdir("/full/d", parents=True)
        fs = settle(fs)
        bad: list[tuple[str, Recipe, type[PondError], str]] = [
            ("/new", Recipe(DATA, "test.unheard"), DataError, "no factory 'test.unheard'"),
            ("/new", Recipe(TABLE, "test.uppercase"), DataError, "makes no table"),
            ("/new", Recipe(DATA, "test.uppercase"), DataError, "/new cannot .* 'of' is missing"),
            ("/f", show("table", TABLE), WrongTypeError, "/f is a data file, not a table"),
            ("/full", show("children"), ExistsError, "/full is not empty"),
            ("/", show("children"), InvalidPathError, "the root cannot be computed"),
            ("/f/x", show("bytes", DATA), WrongTypeError, "/f is a data file"),
            ("/a/b", show("bytes", DATA), NotFoundError, "there is no directory /a"),
        ]
        for path, recipe, error, match in bad:
            with pytest.raises(error, match=match):
                fs.write_recipe(path, recipe)
        fs = settle(fs)
        assert paths_below(fs) == ["/", "/f", "/full", "/full/d"]
        assert fs.read_data("/f") == b"kept"

    def test_9_3_a_factory_gets_no_way_to_write(self, fs: FS) -> None:
        fs.write_recipe("/f", Recipe(DATA, "test.abilities"))
        abilities = fs.read_data("/f").decode().split()
        assert "read_data" in abilities
        assert not {"write_data", "mkdir", "remove", "mark"}.intersection(abilities)

    @pytest.mark.parametrize(
        "change",
        [
            lambda fs: fs.write_data("/d/a", b"x"),
            lambda fs: fs.write_data("/d/new", b"x"),
            lambda fs: fs.write_data("/d/file", b"x"),
            lambda fs: fs.write_recipe("/d/a", show("bytes", DATA)),
            lambda fs: fs.write_window("/d/new", None, ALWAYS),
            lambda fs: fs.create_series("/d/new"),
            lambda fs: fs.mkdir("/d/new"),
            lambda fs: fs.mkdir("/d/new/x/y", parents=True),
            lambda fs: fs.symlink("/d/new", "/f"),
            lambda fs: fs.mark("/d/a", {}),
            lambda fs: fs.rename("/d/a", "/g"),
            lambda fs: fs.rename("/f", "/d/g"),
            lambda fs: fs.remove("/d/a"),
            lambda fs: fs.copy("/f", "/d/g"),
        ],
    )
    def test_9_6_nothing_changes_inside_a_dynamic_directory(
        self, fs: FS, settle: Settle, change: Change
    ) -> None:
        fs.write_data("/f", b"kept")
        fs.write_recipe("/d", show("children"))
        fs = settle(fs)
        with pytest.raises(WrongTypeError, match=r"/d/.* cannot be changed"):
            change(fs)
        fs = settle(fs)
        assert paths_below(fs) == ["/", "/d", "/d/a", "/d/b", "/d/é", "/f"]
        assert fs.read_data("/f") == b"kept"

    def test_9_6_what_a_symlink_in_it_leads_to_can_be_changed(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/in/sub", parents=True)
        fs.write_recipe("/view", visited("/in/*"))
        fs = settle(fs)
        fs.write_data("/view/sub/f", b"new")
        assert settle(fs).read_data("/in/sub/f") == b"new"

    def test_9_10_stored_content_replaces_a_recipe(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/f", show("bytes", DATA))
        fs.write_recipe("/t", show("table", TABLE))
        fs = settle(fs)
        before = [fs.lookup(path).node_id for path in ("/f", "/t")]
        fs.write_data("/f", b"stored")
        fs.write_table("/t", pa.table({"z": [0]}))
        fs = settle(fs)
        assert [fs.lookup(path).node_id for path in ("/f", "/t")] == before
        assert [node.entry.factory for node in fs.ls("/")] == ["", ""]
        assert fs.node("/f").recipe is None
        assert fs.read_data("/f") == b"stored"
        assert fs.read_table("/t").to_pydict() == {"z": [0]}

    def test_9_10_a_window_does_not_replace_a_recipe(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/s", show("series", SERIES))
        fs = settle(fs)
        with pytest.raises(WrongTypeError, match="a window cannot replace a part"):
            fs.write_window("/s", readings({2: 2.0}), Window(0, 4))
        assert values(settle(fs).read_series("/s")) == {1: 1.0, 5: 2.0}

    def test_9_11_a_renamed_node_stays_dynamic(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/z")
        fs.write_recipe("/d", show("children"))
        before = fs.lookup("/d").node_id
        fs.rename("/d", "/z/e")
        fs = settle(fs)
        assert fs.lookup("/z/e").node_id == before
        assert fs.read_data("/z/e/a") == b"computed"
        assert not fs.exists("/d")

    def test_9_11_a_copy_holds_the_recipe(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/a")
        fs.write_data("/in", b"first")
        fs.write_recipe("/a/f", Recipe(DATA, "test.uppercase", {"of": "/in"}))
        fs.write_recipe("/a/d", show("children"))
        fs.mark("/a/d", {"kept": True})
        fs = settle(fs)
        fs.copy("/a", "/z", recursive=True)
        fs.copy("/a/d/a", "/child")
        fs.write_data("/in", b"second")
        fs = settle(fs)
        assert fs.read_data("/z/f") == b"SECOND"
        assert fs.node("/z/d").recipe == show("children")
        assert dict(fs.node("/z/d").attributes) == {"kept": True}
        assert fs.lookup("/z/d").node_id != fs.lookup("/a/d").node_id
        assert fs.node("/child").recipe == show("bytes", DATA)
        assert fs.read_data("/child") == b"computed"

    def test_9_11_a_copy_of_a_file_that_is_shown_is_a_copy_of_the_file(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.mkdir("/in")
        fs.write_data("/in/f", b"first")
        fs.write_recipe("/view", visited("/in/*"))
        fs = settle(fs)
        fs.copy("/view/f", "/copy")
        fs.write_data("/in/f", b"second")
        fs = settle(fs)
        assert (fs.read_data("/copy"), fs.read_data("/view/f")) == (b"first", b"second")

    def test_9_11_a_dynamic_directory_is_removed_at_once(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/d", show("children"))
        fs = settle(fs)
        fs.remove("/d")
        fs = settle(fs)
        assert paths_below(fs) == ["/"]
        fs.mkdir("/d")
        assert settle(fs).ls("/d") == []
