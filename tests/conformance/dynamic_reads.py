"""The rules of reading what is computed: 9.1, 9.4, 9.5, 9.7 to 9.9 of `docs/semantics.md`."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from pond_core.errors import (
    FactoryError,
    NotFoundError,
    SchemaError,
    WrongTypeError,
)
from pond_core.tinyfs import FS, EntryType, Recipe
from pond_core.window import ALWAYS, Window
from tests.conformance.factories import (
    BROKEN,
    DATA,
    DIRECTORY,
    SERIES,
    TABLE,
    reversed_names,
    show,
    visited,
)
from tests.conformance.filesystem import Contract, Settle, paths_below, readings, values


class DynamicReadsContract(Contract):
    """What a computed node shows, and what happens where it cannot."""

    def test_a_directory_shows_another_with_its_names_reversed(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.mkdir("/in/sub", parents=True)
        fs.write_data("/in/hello.txt", b"hello")
        fs.write_data("/in/sub/abc", b"abc")
        fs.write_recipe("/reversed", reversed_names("/in"))
        fs = settle(fs)
        assert [node.name for node in fs.ls("/reversed")] == ["bus", "txt.olleh"]
        assert fs.read_data("/reversed/txt.olleh") == b"hello"
        assert fs.read_data("/reversed/bus/abc") == b"abc"
        fs.write_data("/in/new", b"")
        assert fs.exists("/reversed/wen")

    def test_a_directory_shows_what_a_glob_visits(self, fs: FS, settle: Settle) -> None:
        for path in ("/raw/noyo/A1", "/raw/noyo/B", "/raw/fb/A2"):
            fs.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
            fs.write_window(path, readings({1: float(path == "/raw/fb/A2")}), ALWAYS)
        fs.write_recipe("/view", visited("/raw/*/A*"))
        fs = settle(fs)
        assert [(node.name, node.entry_type) for node in fs.ls("/view")] == [
            ("fb-2", SERIES),
            ("noyo-1", SERIES),
        ]
        assert values(fs.read_series("/view/fb-2")) == {1: 1.0}
        assert fs.lookup("/view/noyo-1").node_id == fs.lookup("/raw/noyo/A1").node_id

    def test_9_1_every_kind_of_file_can_be_computed(self, fs: FS, settle: Settle) -> None:
        fs.write_data("/in", b"quiet")
        fs.write_recipe("/data", Recipe(DATA, "test.uppercase", {"of": "/in"}))
        fs.write_recipe("/table", show("table", TABLE))
        fs.write_recipe("/series", show("series", SERIES))
        fs = settle(fs)
        assert fs.read_data("/data") == b"QUIET"
        assert fs.read_table("/table").to_pydict() == {"x": [1, 2], "y": ["a", "b"]}
        assert values(fs.read_series("/series")) == {1: 1.0, 5: 2.0}
        fs.write_data("/in", b"other")
        assert fs.read_data("/data") == b"OTHER"

    def test_9_1_only_the_recipe_is_stored(self, fs: FS, settle: Settle) -> None:
        recipe = Recipe(SERIES, "test.given", {"result": "series", "more": [1, None, {"é": 0.5}]})
        fs.write_recipe("/s", recipe)
        fs = settle(fs)
        node = fs.node("/s")
        assert node.recipe == recipe
        assert [(piece.size, piece.sha256, piece.rows) for piece in node.pieces] == [(0, "", None)]

    def test_9_4_what_is_not_read_is_not_computed(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/d", BROKEN)
        fs.write_recipe("/f", Recipe(DATA, "test.failing", {"why": ""}))
        fs = settle(fs)
        fs.mark("/f", {"known": "broken"})
        fs.rename("/f", "/g")
        fs.copy("/d", "/e", recursive=True)
        fs.remove("/d")
        fs = settle(fs)
        assert [(node.name, node.entry.factory) for node in fs.ls("/")] == [
            ("e", "test.failing"),
            ("g", "test.failing"),
        ]
        assert fs.exists("/g")
        assert dict(fs.node("/g").attributes) == {"known": "broken"}

    def test_9_5_computed_children_are_nodes_like_others(self, fs: FS, settle: Settle) -> None:
        fs.mkdir("/top")
        fs.write_recipe("/top/d", show("children"))
        fs.symlink("/short", "top/d")
        fs = settle(fs)
        assert paths_below(fs, "/top") == ["/top", "/top/d", "/top/d/a", "/top/d/b", "/top/d/é"]
        assert [(node.path, found) for node, found in fs.glob("/t*/*/[ab]")] == [
            ("/top/d/a", ("op", "d", "a")),
            ("/top/d/b", ("op", "d", "b")),
        ]
        assert [node.path for node, _ in fs.glob("/**/b")] == ["/top/d/b"]
        assert [node.entry.factory for node in fs.ls("/top/d")] == ["test.given"] * 3
        assert fs.read_data("/short/a") == b"computed"
        assert fs.cd("/top/d").read_table("b", ["y"]).to_pydict() == {"y": ["a", "b"]}
        assert (fs / "/top/d/é").read_series(Window(5, 6)).num_rows == 1
        assert fs.node("/top/d/b").recipe == show("table", TABLE)
        with pytest.raises(NotFoundError, match="/top/d/c does not exist"):
            fs.read_data("/top/d/c")
        with pytest.raises(WrongTypeError, match="/top/d/a is a data file"):
            fs.ls("/top/d/a/x")

    def test_9_5_a_child_keeps_its_identity(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/d", show("children"))
        fs.write_recipe("/e", show("children"))
        before = fs.lookup("/d/a").node_id
        fs = settle(fs)
        assert fs.lookup("/d/a").node_id == before
        others = [node.node_id for path in ("/d", "/e") for node in fs.ls(path)]
        assert len(set(others)) == 6

    def test_9_5_a_linked_directory_is_a_symlink_and_no_walk_is_endless(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.mkdir("/a/b", parents=True)
        fs.write_data("/a/b/f", b"f")
        fs.symlink("/a/l", "b/f")
        fs.write_recipe("/a/view", visited("/[a]/*"))
        fs.write_recipe("/up", visited("/*"))
        fs = settle(fs)
        assert fs.readlink("/a/view/b") == "/a/b"
        assert fs.read_data("/a/view/b/f") == b"f"
        assert fs.read_data("/a/view/l") == b"f"
        assert fs.read_data("/up/up/up/a/view/view/l") == b"f"
        everything = ["/", "/a", "/a/b", "/a/b/f", "/a/l", "/a/view"]
        shown = ["/a/view/b", "/a/view/l", "/a/view/view", "/up", "/up/a", "/up/up"]
        assert paths_below(fs) == everything + shown

    def test_9_7_a_read_asks_for_its_window_and_columns_only(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/s", Recipe(SERIES, "test.asked"))
        fs = settle(fs)
        table = fs.read_series("/s", Window(7, 9), ["depth"])
        assert table.column("timestamp").cast(pa.int64()).to_pylist() == [7]
        assert table.column_names == ["timestamp", "depth"]
        assert fs.read_series("/s", Window(7, 7)).num_rows == 0
        assert fs.read_series("/s").column_names == ["timestamp", "all"]

    def test_9_7_what_comes_back_is_cut(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/s", show("series", SERIES))
        fs.write_recipe("/t", show("table", TABLE))
        fs = settle(fs)
        assert values(fs.read_series("/s", Window(2, 6))) == {5: 2.0}
        assert fs.read_series("/s", columns=[]).column_names == ["timestamp"]
        assert fs.read_table("/t", ["y"]).column_names == ["y"]
        with pytest.raises(SchemaError, match="/s has no column 'valeu'") as info:
            fs.read_series("/s", columns=["valeu"])
        assert info.value.hint == "did you mean value?"
        with pytest.raises(SchemaError, match="/t has no column 'z'"):
            fs.read_table("/t", ["z"])

    def test_9_7_a_column_that_only_other_windows_have_is_null(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.write_window("/in", readings({1: 1.0}), Window(0, 5))
        fs.write_window("/in", readings({6: 2.0}, "depth"), Window(5, 10))
        fs.write_recipe("/s", Recipe(SERIES, "test.selected", {"of": "/in"}))
        fs = settle(fs)
        assert values(fs.read_series("/s", Window(0, 5), ["depth"]), "depth") == {1: None}

    @pytest.mark.parametrize(
        ("recipe", "reason"),
        [
            (show("text", DATA), "it cannot hold a str as data"),
            (show("nothing", TABLE), "it cannot hold a NoneType"),
            (show("twice", TABLE), "it cannot hold two columns named 'a'"),
            (show("table", SERIES), "it needs a column 'timestamp'"),
            (show("unsorted", SERIES), "it has timestamps that go backwards"),
            (show("bytes"), "it gives a bytes as a directory"),
            (show("nothing"), "it gives a NoneType as a directory"),
            (show("slash"), "it calls a child 'a/b'"),
            (show("dots"), "it calls a child '..'"),
            (show("number"), "it calls a child 1"),
            (show("NUL"), "holds a NUL character"),
            (show("long"), "has a name of 256 bytes"),
            (show("alike"), "it calls 2 children 'é'"),
            (show("raw"), "it gives a bytes for 'a'"),
            (Recipe(DATA, "test.failing", {"why": "no luck"}), "OSError: no luck"),
            (Recipe(DATA, "test.failing", {}), "KeyError: 'why'"),
        ],
    )
    def test_9_8_a_broken_node_is_an_error_at_that_node_only(
        self, fs: FS, settle: Settle, recipe: Recipe, reason: str
    ) -> None:
        fs.write_data("/above", b"fine")
        fs.write_recipe("/broken", recipe)
        fs.symlink("/link", "broken")
        fs = settle(fs)
        for path in ("/broken", "/link"):
            with pytest.raises(FactoryError) as info:
                self._read(fs, path, recipe.entry_type)
            assert str(info.value).startswith(f"{path} cannot be computed by the factory 'test.")
            assert reason in str(info.value)
            assert (info.value.path, info.value.factory) == (path, recipe.factory)
        assert paths_below(fs) == ["/", "/above", "/broken", "/link"]
        assert [node.path for node, _ in fs.glob("/*")] == ["/above", "/broken", "/link"]
        assert [node.path for node, _ in fs.glob("/*/*")] == []
        assert fs.read_data("/above") == b"fine"

    def test_9_8_a_broken_directory_is_named_where_a_path_leads_through_it(
        self, fs: FS, settle: Settle
    ) -> None:
        fs.mkdir("/top")
        fs.write_recipe("/top/broken", BROKEN)
        fs = settle(fs)
        acts: list[Callable[[], object]] = [
            lambda: fs.read_data("/top/broken/x/y"),
            lambda: fs.exists("/top/broken/x"),
            lambda: paths_below(fs, "/top/broken"),
            lambda: list(fs.glob("/top/broken/*")),
            lambda: list(fs.glob("/top/broken/x")),
        ]
        for act in acts:
            with pytest.raises(FactoryError, match=r"^/top/broken cannot .* OSError: no luck"):
                act()
        assert [node.path for node, _ in fs.glob("/top/**/x")] == []

    def test_9_8_a_factory_that_reads_a_broken_node_says_so(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/in", Recipe(DATA, "test.failing", {"why": "no luck"}))
        fs.write_recipe("/out", Recipe(DATA, "test.uppercase", {"of": "/in"}))
        with pytest.raises(FactoryError, match=r"/out cannot .*: /in cannot .*: no luck") as info:
            settle(fs).read_data("/out")
        assert isinstance(info.value.__cause__, FactoryError)

    def test_9_9_a_node_that_reads_itself_shows_the_circle(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/a", Recipe(DATA, "test.uppercase", {"of": "/a"}))
        fs.write_recipe("/b", Recipe(DATA, "test.uppercase", {"of": "/c"}))
        fs.write_recipe("/c", Recipe(DATA, "test.uppercase", {"of": "/b"}))
        fs.write_recipe("/d", Recipe(DATA, "test.uppercase", {"of": "/b"}))
        fs.write_recipe("/v", visited("/v/*"))
        fs.write_recipe("/w", visited("/w*/**"))
        fs = settle(fs)
        circles = {
            "/a": "/a -> /a",
            "/b": "/b -> /c -> /b",
            "/c": "/c -> /b -> /c",
            "/d": "/d -> /b -> /c -> /b",
        }
        for path, circle in circles.items():
            with pytest.raises(FactoryError, match=f"^{path} cannot .* itself: {circle}\n"):
                fs.read_data(path)
        for path in ("/v", "/w"):
            with pytest.raises(FactoryError, match=f"^{path} cannot .* itself: {path} -> {path}\n"):
                fs.ls(path)
        assert paths_below(fs) == ["/", "/a", "/b", "/c", "/d", "/v", "/w"]

    def test_9_9_nesting_ends(self, fs: FS, settle: Settle) -> None:
        fs.write_recipe("/d", Recipe(DIRECTORY, "test.endless"))
        for number in range(42):
            recipe = Recipe(DATA, "test.uppercase", {"of": f"/{number + 1}"})
            fs.write_recipe(f"/{number}", recipe)
        fs.write_data("/42", b"end")
        fs = settle(fs)
        assert len(paths_below(fs, "/d")) == 41
        with pytest.raises(FactoryError, match="more than 40 dynamic directories deep"):
            fs.exists("/d" + "/again" * 42)
        assert fs.read_data("/2") == b"END"
        with pytest.raises(FactoryError, match="more than 40 dynamic nodes read each other"):
            fs.read_data("/0")

    @staticmethod
    def _read(fs: FS, path: str, entry_type: EntryType) -> None:
        match entry_type:
            case EntryType.DATA:
                fs.read_data(path)
            case EntryType.TABLE:
                fs.read_table(path)
            case EntryType.SERIES:
                fs.read_series(path)
            case _:
                fs.ls(path)
