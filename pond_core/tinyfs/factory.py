"""Factories: functions, registered by name, that compute what a dynamic node holds."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import pyarrow as pa

from pond_core.errors import DataError, PondError
from pond_core.tinyfs.node import Entry, EntryType, Recipe
from pond_core.window import ALWAYS, Window

if TYPE_CHECKING:  # a tree is read by way of factories, and factories read the tree
    from pond_core.tinyfs.reading import ReadFS


@runtime_checkable
class Found(Protocol):
    """Something that is in the tree already, as `NodePath` says it."""

    @property
    def path(self) -> str:
        """The canonical path that led to it."""
        ...

    @property
    def entry(self) -> Entry:
        """What is there."""
        ...


Children = Mapping[str, Recipe | Found]
"""What a dynamic directory shows: by name, how a child is computed, or what stands there as well.

A file that is found stands in the directory as itself. A directory or a symlink becomes a symlink
to its path, so that no directory can hold itself.
"""

Made: TypeAlias = bytes | pa.Table | Children
"""What a factory returns: bytes for data, a table for a table or a series, children for a
directory."""


@dataclass(frozen=True, slots=True)
class FactoryCall:
    """What a factory is told when a dynamic node is read.

    Attributes:
        fs: The whole tree as of the same snapshot or transaction, from its root, read-only.
        config: The settings in the node's recipe.
        entry_type: What to make.
        window: Of a series, which rows are wanted. Others may be returned; they are cut off.
        columns: Of a table or a series, which columns are wanted, `timestamp` of a series always
            among them; None is all. Others may be returned; one that is lacking is left out.
    """

    fs: "ReadFS"
    config: Mapping[str, Any]
    entry_type: EntryType
    window: Window = ALWAYS
    columns: Sequence[str] | None = None


Compute = Callable[[FactoryCall], Made]
"""Computes what a dynamic node holds; whatever it raises is an error at that node only."""

Check = Callable[[Recipe], object]
"""Raises if a recipe's settings are none for its entry type; what it returns does not matter."""


@dataclass(frozen=True, slots=True)
class Factory:
    """A registered factory.

    Attributes:
        name: By which recipes name it.
        compute: What it does.
        makes: The entry types that it can make.
        check: What it asks of settings; None takes all.
    """

    name: str
    compute: Compute
    makes: tuple[EntryType, ...]
    check: Check | None = None


ENTRY_POINTS = "duckpond.factories"
"""The entry points that announce factories: a factory's name, and the module that registers it."""

_REGISTERED: dict[str, Factory] = {}


def register_factory(
    name: str,
    compute: Compute,
    *,
    makes: EntryType | Collection[EntryType],
    check: Check | None = None,
) -> None:
    """Make a factory known to this process, in which recipes with its name can then be read.

    Registering a name again replaces the factory, so that a notebook's cell can be run twice.

    Args:
        name: What recipes call it.
        compute: Returns bytes, a `pyarrow.Table`, or a directory's children; see `FactoryCall`.
        makes: The entry type or types that it can make.
        check: Raises if a recipe's settings are wrong. It is asked when a node is made, and
            before each reading.

    Raises:
        DataError: The name is empty, or it makes nothing that can be dynamic.
    """
    types = (makes,) if isinstance(makes, str) else tuple(makes)
    for entry_type in types:
        Recipe(entry_type, name)
    if not types or not callable(compute):
        msg = f"the factory {name!r} makes nothing"
        raise DataError(msg, hint="give a function, and makes=[EntryType.SERIES]")
    _REGISTERED[name] = Factory(name, compute, tuple(map(EntryType, types)), check)


def factory_of(recipe: Recipe) -> Factory:
    """Return the factory that a recipe names, having checked the recipe's settings with it.

    Raises:
        DataError: There is none of that name, it does not make that entry type, or refuses the
            settings. Whatever `check` raises is raised as a DataError.
    """
    factory = _REGISTERED.get(recipe.factory) or _installed(recipe.factory)
    if factory is None:
        msg = f"no factory {recipe.factory!r} is registered in this process"
        known = ", ".join(sorted(_REGISTERED)) or "none"
        raise DataError(msg, hint=f"import what registers it; there are: {known}")
    if recipe.entry_type not in factory.makes:
        msg = f"the factory {factory.name!r} makes no {recipe.entry_type}"
        raise DataError(msg, hint=f"it makes {', '.join(factory.makes)}")
    if factory.check is not None:
        try:
            factory.check(recipe)
        except Exception as error:  # it is a user's function
            raise DataError(reason_of(error), hint=getattr(error, "hint", "")) from error
    return factory


def _installed(name: str) -> Factory | None:
    """Return a factory that an installed package announces; importing that registers it.

    So programs that know nothing of the package, such as the command line, can read its nodes.
    """
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            point.load()
        except Exception as error:  # it is a user's module
            msg = f"the factory {name!r} of {point.value} cannot be imported: {reason_of(error)}"
            raise DataError(msg, hint="mend the package, or install it again") from error
    return _REGISTERED.get(name)


def reason_of(error: Exception) -> str:
    """Return what an error says, with its kind where the text alone would be a riddle."""
    if isinstance(error, PondError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
