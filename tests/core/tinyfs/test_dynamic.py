"""Dynamic nodes in memory keep the rules; recipes and the register of factories."""

import pytest
from hypothesis import settings
from typing_extensions import override

from pond_core.errors import CorruptionError, DataError, FactoryError
from pond_core.tinyfs import (
    FS,
    ROOT,
    EntryType,
    FactoryCall,
    MemoryBackend,
    Node,
    NodeId,
    NodePath,
    Recipe,
    register_factory,
)
from pond_core.tinyfs.factory import factory_of
from pond_core.tinyfs.place import make
from pond_core.tinyfs.tree import MAX_DIRECTORIES
from tests.conformance.dynamic import DynamicContract, DynamicMachine
from tests.core.tinyfs.in_memory import InMemory


class TestMemoryDynamic(InMemory, DynamicContract):
    pass


class MemoryDynamicMachine(InMemory, DynamicMachine):
    pass


TestMemoryDynamicMachine = MemoryDynamicMachine.TestCase
TestMemoryDynamicMachine.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


class CountingBackend(MemoryBackend):
    """Nodes in memory, and how often one was looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.lookups = 0

    @override
    def node(self, node_id: NodeId) -> Node:
        self.lookups += 1
        return super().node(node_id)


def hello(_: FactoryCall) -> bytes:
    return b"hello"


def test_an_ordinary_walk_looks_no_node_up() -> None:
    backend = CountingBackend()
    fs = FS(backend)
    for number in range(10):
        fs.mkdir(f"/d{number}/e", parents=True)
    backend.lookups = 0
    assert len(list(fs.walk("/"))) == 21
    assert len(list(fs.glob("/*/e"))) == 10
    assert backend.lookups == 0


def test_a_listing_is_computed_once_until_something_is_written() -> None:
    computed: list[str] = []

    def counted(call: FactoryCall) -> dict[str, NodePath]:
        computed.append("again")
        return {node.name: node for node in call.fs.ls("/in")}

    register_factory("test.counted", counted, makes=EntryType.DIRECTORY)
    fs = FS(MemoryBackend())
    fs.mkdir("/in")
    fs.write_data("/in/a", b"a")
    fs.write_recipe("/view", Recipe(EntryType.DIRECTORY, "test.counted"))
    assert fs.read_data("/view/a") == fs.read_data("/view/a") == b"a"
    assert len(fs.ls("/view")) == 1
    assert len(computed) == 1
    fs.write_data("/in/b", b"b")
    assert len(fs.ls("/view")) == 2


def test_a_directory_that_shows_itself_twice_ends() -> None:
    def doubling(_: FactoryCall) -> dict[str, Recipe]:
        return {name: Recipe(EntryType.DIRECTORY, "test.doubling") for name in "ab"}

    register_factory("test.doubling", doubling, makes=EntryType.DIRECTORY)
    fs = FS(MemoryBackend())
    fs.write_recipe("/d", Recipe(EntryType.DIRECTORY, "test.doubling"))
    assert sum(1 for _ in fs.walk("/d")) <= MAX_DIRECTORIES + 1


@pytest.mark.parametrize(
    ("entry_type", "factory", "config"),
    [
        (EntryType.SYMLINK, "f", {}),
        ("cupboard", "f", {}),
        (EntryType.DATA, "", {}),
        (EntryType.DATA, "f", {"at": object()}),
        (EntryType.DATA, "f", {"x": float("nan")}),
        (EntryType.DATA, "f", [1]),
    ],
)
def test_a_recipe_that_is_none_is_refused(
    entry_type: EntryType, factory: str, config: dict[str, object]
) -> None:
    with pytest.raises(DataError):
        Recipe(entry_type, factory, config)


def test_a_recipe_shares_its_settings_with_nobody() -> None:
    config: dict[str, object] = {"of": ["/a"]}
    recipe = Recipe(EntryType.DATA, "f", config)
    config["of"] = "/b"
    assert recipe.config == {"of": ["/a"]}
    assert recipe == Recipe(EntryType.DATA, "f", {"of": ["/a"]})


def test_a_write_of_what_is_no_recipe_is_refused() -> None:
    with pytest.raises(DataError, match="/f cannot be computed from a dict"):
        FS(MemoryBackend()).write_recipe("/f", {})  # type: ignore[arg-type]  # that is the test


@pytest.mark.parametrize(
    ("name", "makes"), [("", EntryType.DATA), ("f", EntryType.SYMLINK), ("f", []), ("f", ["x"])]
)
def test_a_factory_needs_a_name_and_something_to_make(name: str, makes: list[EntryType]) -> None:
    with pytest.raises(DataError):
        register_factory(name, hello, makes=makes)


def test_a_factory_registered_again_is_replaced() -> None:
    fs = FS(MemoryBackend())
    register_factory("test.again", hello, makes=EntryType.DATA)
    fs.write_recipe("/f", Recipe(EntryType.DATA, "test.again"))
    register_factory("test.again", lambda _: b"bye", makes=EntryType.DATA)
    assert fs.read_data("/f") == b"bye"


def test_an_unknown_factory_is_told_with_those_that_are_known() -> None:
    backend = MemoryBackend()
    register_factory("test.hello", hello, makes=EntryType.DATA)
    fs = FS(backend)
    fs.write_recipe("/f", Recipe(EntryType.DATA, "test.hello"))
    (piece,) = fs.node("/f").pieces
    backend.write(piece.node_id, Recipe(EntryType.DATA, "test.elsewhere"))
    with pytest.raises(FactoryError, match=r"/f cannot .* no factory 'test.elsewhere'") as info:
        fs.read_data("/f")
    assert "test.hello" in info.value.hint
    fs.copy("/f", "/g")
    assert fs.node("/g").recipe == fs.node("/f").recipe


def test_damage_below_a_factory_is_told_as_damage() -> None:
    def shown(call: FactoryCall) -> dict[str, Recipe]:
        return {
            "child": Recipe(EntryType.DATA, "test.hello", {"it": call.fs.read_data("/f").hex()})
        }

    register_factory("test.shown", shown, makes=EntryType.DIRECTORY)
    fs = FS(MemoryBackend())
    make(fs.backend, ROOT, "f", EntryType.DATA)
    fs.write_recipe("/d", Recipe(EntryType.DIRECTORY, "test.shown"))
    with pytest.raises(CorruptionError, match="/f has an entry, but its content is missing"):
        list(fs.walk("/"))


def test_a_dynamic_directory_without_a_recipe_is_damage() -> None:
    fs = FS(MemoryBackend())
    make(fs.backend, ROOT, "d", EntryType.DIRECTORY, factory="test.hello")
    with pytest.raises(CorruptionError, match="names a factory, but it has no recipe"):
        fs.ls("/d")


@pytest.mark.parametrize("error", [KeyError("of"), TypeError("no text"), DataError("no path")])
def test_settings_are_checked_when_made_and_when_read(error: Exception) -> None:
    refusing: list[Exception] = []

    def check(_: Recipe) -> None:
        for each in refusing:
            raise each

    register_factory("test.checked", hello, makes=EntryType.DATA, check=check)
    recipe = Recipe(EntryType.DATA, "test.checked")
    fs = FS(MemoryBackend())
    fs.write_recipe("/f", recipe)
    refusing.append(error)
    with pytest.raises(DataError, match=r"of|no text|no path"):
        factory_of(recipe)
    with pytest.raises(DataError, match="/g cannot be computed"):
        fs.write_recipe("/g", recipe)
    with pytest.raises(FactoryError, match="/f cannot be computed"):
        fs.read_data("/f")
