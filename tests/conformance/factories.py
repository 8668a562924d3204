"""The factories that the rules of dynamic nodes are tested with; importing them registers them."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pond_core.errors import DataError
from pond_core.tinyfs import EntryType, FactoryCall, NodePath, Recipe, register_factory
from tests.conformance.filesystem import readings

DATA, TABLE, SERIES, DIRECTORY = (
    EntryType.DATA,
    EntryType.TABLE,
    EntryType.SERIES,
    EntryType.DIRECTORY,
)

# The classic two, each as short as a user's own would be.


def backwards(call: FactoryCall) -> Mapping[str, Recipe | NodePath]:
    """Show a directory with its names reversed."""
    return {node.name[::-1]: node for node in call.fs.ls(call.config["of"])}


def visits(call: FactoryCall) -> Mapping[str, Recipe | NodePath]:
    """Show what a glob visits, named by what its wildcards stood for."""
    return {"-".join(found): node for node, found in call.fs.glob(call.config["pattern"])}


register_factory("test.backwards", backwards, makes=DIRECTORY)
register_factory("test.visits", visits, makes=DIRECTORY)

# What the rules need besides.


def uppercase(call: FactoryCall) -> bytes:
    """Show a data file in capitals."""
    return call.fs.read_data(call.config["of"]).upper()


def selected(call: FactoryCall) -> pa.Table:
    """Show the rows and columns that are asked for, and no others."""
    return call.fs.read_series(call.config["of"], call.window, call.columns)


def asked(call: FactoryCall) -> pa.Table:
    """Show a row at the start of the window, and which columns were wanted."""
    columns = {name: [name] for name in call.columns or ["all"] if name != "timestamp"}
    instants = pa.array([call.window.start_us or 0], pa.timestamp("us", tz="UTC"))
    return pa.table({"timestamp": instants, **columns})


def given(call: FactoryCall) -> Any:  # noqa: ANN401  # anything, to see what is made of it
    """Show one of the results below."""
    return RESULTS[call.config["result"]]


def failing(call: FactoryCall) -> bytes:
    """Fail as the settings say."""
    raise OSError(call.config["why"])


def endless(call: FactoryCall) -> Mapping[str, Recipe | NodePath]:
    """Show a directory like itself."""
    return {"again": Recipe(DIRECTORY, "test.endless", call.config)}


def abilities(call: FactoryCall) -> bytes:
    """Show what can be done with the tree that a factory gets."""
    return "\n".join(name for name in dir(call.fs) if not name.startswith("_")).encode()


def check_of(recipe: Recipe) -> None:
    """Refuse settings without a path."""
    if not isinstance(recipe.config.get("of"), str):
        msg = "the setting 'of' is missing"
        raise DataError(msg, hint="name a path")


def constant(call: FactoryCall) -> bytes:
    """Show the bytes in the settings."""
    return bytes.fromhex(call.config["hex"])


EVERY = (DATA, TABLE, SERIES, DIRECTORY)
register_factory("test.uppercase", uppercase, makes=DATA, check=check_of)
register_factory("test.selected", selected, makes=SERIES, check=check_of)
register_factory("test.asked", asked, makes=SERIES)
register_factory("test.constant", constant, makes=DATA)
register_factory("test.given", given, makes=EVERY)
register_factory("test.failing", failing, makes=EVERY)
register_factory("test.endless", endless, makes=DIRECTORY)
register_factory("test.abilities", abilities, makes=DATA)

RESULTS: dict[str, object] = {
    "bytes": b"computed",
    "text": "no bytes",
    "nothing": None,
    "table": pa.table({"x": [1, 2], "y": ["a", "b"]}),
    "series": readings({1: 1.0, 5: 2.0}),
    "unsorted": readings({1: 1.0, 5: 2.0}).take([1, 0]),
    "twice": pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
    "children": {
        "b": Recipe(TABLE, "test.given", {"result": "table"}),
        "a": Recipe(DATA, "test.given", {"result": "bytes"}),
        "é": Recipe(SERIES, "test.given", {"result": "series"}),
    },
    "slash": {"a/b": Recipe(DATA, "test.given", {"result": "bytes"})},
    "dots": {"..": Recipe(DATA, "test.given", {"result": "bytes"})},
    "number": {1: Recipe(DATA, "test.given", {"result": "bytes"})},
    "NUL": {"\0": Recipe(DATA, "test.given", {"result": "bytes"})},
    "long": {"x" * 256: Recipe(DATA, "test.given", {"result": "bytes"})},
    "alike": dict.fromkeys(["é", "e\u0301"], Recipe(DATA, "test.given")),
    "raw": {"a": b"bytes are no recipe"},
}


def show(result: str, entry_type: EntryType = DIRECTORY) -> Recipe:
    return Recipe(entry_type, "test.given", {"result": result})


def reversed_names(path: str) -> Recipe:
    return Recipe(DIRECTORY, "test.backwards", {"of": path})


def visited(pattern: str) -> Recipe:
    return Recipe(DIRECTORY, "test.visits", {"pattern": pattern})


BROKEN = Recipe(DIRECTORY, "test.failing", {"why": "no luck"})
