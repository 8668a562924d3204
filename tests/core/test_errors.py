"""Errors say what happened, can be caught by who must act, and cross process borders."""

import pickle
from collections.abc import Iterator

import pytest

from pond_core import errors
from pond_core.errors import (
    ConflictError,
    DataError,
    ExistsError,
    InvalidPathError,
    NotFoundError,
    PathError,
    PondError,
    StoreError,
)


def subclasses(cls: type[PondError]) -> Iterator[type[PondError]]:
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from subclasses(child)


CLASSES: list[type[PondError]] = [PondError, *subclasses(PondError)]


def an_error(cls: type[PondError]) -> PondError:
    if issubclass(cls, PathError):
        return cls("what happened", path="/a", hint="what to do")
    if issubclass(cls, ConflictError):
        return cls("what happened", base=3, other=5, hint="what to do")
    return cls("what happened", hint="what to do")


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_reads_as_its_message(cls: type[PondError]) -> None:
    assert str(an_error(cls)) == "what happened"


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_survives_pickling(cls: type[PondError]) -> None:
    error = an_error(cls)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # what this test pickled itself
    assert type(again) is cls
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize("cls", CLASSES)
def test_the_tree_in_the_docstring_names_every_class(cls: type[PondError]) -> None:
    assert cls.__name__ in (errors.__doc__ or "")


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(NotFoundError, FileNotFoundError)
    assert issubclass(ExistsError, FileExistsError)
    assert issubclass(InvalidPathError, ValueError)
    assert issubclass(DataError, ValueError)


def test_only_a_conflict_is_worth_another_try() -> None:
    assert [cls for cls in CLASSES if cls.retryable] == [ConflictError]


def test_a_conflict_is_no_fault_of_the_store() -> None:
    assert not issubclass(ConflictError, StoreError)


def test_a_conflict_says_what_to_do() -> None:
    error = ConflictError("both wrote", base=1, other=2)
    assert error.hint == "run it again: it will start from the newest txn"
