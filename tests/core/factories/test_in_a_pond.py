"""Dynamic nodes in a pond on a disk: other processes, the past, SQL, other people's packages."""

import subprocess
import sys
from pathlib import Path

import pytest

from pond_core import (
    ALWAYS,
    FS,
    ConflictError,
    EntryType,
    FactoryCall,
    FactoryError,
    MemoryBackend,
    Pond,
    Recipe,
    register_factory,
)
from tests.core.factories.made import furnish


def reduced(out_pattern: str) -> Recipe:
    patterns = {"in_pattern": "/normalized/noyo/*", "out_pattern": out_pattern}
    return Recipe(EntryType.DIRECTORY, "reduce", {**patterns, "resolutions": ["24h"]})


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    pond = Pond.init(tmp_path / "pond", durability="process")
    with pond.transaction() as transaction:
        furnish(transaction)
        transaction.write_recipe("/reduced", reduced("$0"))
    return pond


def run(code: str, *path: Path) -> str:
    """Run code in a new Python, with more places to import from; return what it prints."""
    paths = [str(each) for each in path]
    prologue = f"import sys; sys.path[:0] = {paths}\n"
    done = subprocess.run(  # noqa: S603  # our own interpreter and our own text
        [sys.executable, "-c", prologue + code], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr


def test_another_process_reads_what_this_one_made(pond: Pond) -> None:
    code = f"""
from pond_core import Pond
snapshot = Pond.open({str(pond.path)!r}).snapshot()
print(snapshot.node("/reduced").recipe.config["resolutions"],
      snapshot.read_series("/reduced/A/res=24h").num_rows)
"""
    assert run(code) == "['24h'] 2"


def test_the_past_is_computed_from_the_past(pond: Pond) -> None:
    with pond.transaction() as transaction:
        transaction.write_window("/normalized/noyo/A", None, ALWAYS)
        transaction.remove("/normalized/noyo/B")
    with pond.transaction() as transaction:
        transaction.write_recipe("/reduced", reduced("new-$0"))
    assert [node.name for node in pond.snapshot(1).ls("/reduced")] == ["A", "B"]
    assert pond.snapshot(1).read_series("/reduced/A/res=24h").num_rows == 2
    assert [node.name for node in pond.snapshot(2).ls("/reduced")] == ["A"]
    assert pond.snapshot(2).read_series("/reduced/A/res=24h").num_rows == 0
    assert [node.name for node in pond.snapshot().ls("/reduced")] == ["new-A"]
    assert pond.snapshot(0).ls("/") == []


def test_sql_reads_dynamic_nodes_and_patterns_over_them(pond: Pond) -> None:
    snapshot = pond.snapshot()
    one = snapshot.sql('SELECT max("Temperature.C.max") AS most FROM "/reduced/A/res=24h"')
    assert one.to_pydict() == {"most": [47.0]}
    statement = 'SELECT _path, count(*) AS n FROM "/reduced/*/res=24h" GROUP BY ALL ORDER BY ALL'
    assert snapshot.sql(statement).to_pydict() == {
        "_path": ["/reduced/A/res=24h", "/reduced/B/res=24h"],
        "n": [2, 1],
    }


def test_nothing_but_the_recipe_is_stored(pond: Pond) -> None:
    before = sorted(pond.path.rglob("*"))
    for node in pond.snapshot().walk("/reduced"):
        if node.entry_type is EntryType.SERIES:
            node.read_series()
    assert sorted(pond.path.rglob("*")) == before


def test_a_pond_with_dynamic_nodes_verifies(pond: Pond) -> None:
    with pond.transaction() as transaction:
        transaction.copy("/reduced", "/again", recursive=True)
        transaction.remove("/reduced")
    assert pond.verify().findings == ()


def test_recipes_survive_the_merging_of_log_files(pond: Pond) -> None:
    for number in range(70):
        with pond.transaction() as transaction:
            transaction.write_recipe("/last", reduced(f"{number}-$0"))
    again = Pond.open(pond.path, durability="process")
    assert [node.name for node in again.snapshot().ls("/last")] == ["69-A", "69-B"]
    assert [node.name for node in again.snapshot(5).ls("/last")] == ["3-A", "3-B"]
    assert again.snapshot().exists("/reduced/A/res=24h")
    assert again.verify().findings == ()


def test_two_recipes_for_one_node_at_once_conflict(pond: Pond) -> None:
    def both() -> None:
        with pond.transaction() as one, pond.transaction() as other:
            one.write_recipe("/reduced", reduced("1-$0"))
            other.write_recipe("/reduced", reduced("2-$0"))

    with pytest.raises(ConflictError):
        both()
    assert pond.snapshot().exists("/reduced/2-A")


def test_an_installed_package_makes_its_factories_known(pond: Pond, tmp_path: Path) -> None:
    def shout(call: FactoryCall) -> bytes:
        return call.fs.read_data(call.config["of"]).upper()

    register_factory("shout", shout, makes=EntryType.DATA)
    with pond.transaction() as transaction:
        transaction.write_data("/quiet", b"hello")
        transaction.write_recipe("/loud", Recipe(EntryType.DATA, "shout", {"of": "/quiet"}))
    site = tmp_path / "site"
    info = site / "loud-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[duckpond.factories]\nshout = loud\n")
    module = site / "loud.py"
    module.write_text(
        "from pond_core import register_factory\n"
        "def shout(call):\n"
        "    return call.fs.read_data(call.config['of']).upper()\n"
        "register_factory('shout', shout, makes='data')\n"
    )
    code = f"""
from pond_core import Pond
print(Pond.open({str(pond.path)!r}).snapshot().read_data("/loud"))
"""
    assert run(code, site) == "b'HELLO'"
    assert "no factory 'shout' is registered in this process" in run(code)
    module.write_text("import nowhere_to_be_found\n")
    assert "the factory 'shout' of loud cannot be imported: ModuleNotFoundError" in run(code, site)


def test_a_query_over_what_is_in_memory_has_no_log() -> None:
    fs = furnish(FS(MemoryBackend()))
    fs.write_recipe("/q", Recipe(EntryType.TABLE, "sql", {"query": 'SELECT * FROM "pond.oplog"'}))
    with pytest.raises(FactoryError, match="keeps no log"):
        fs.read_table("/q")
