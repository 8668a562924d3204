"""fsspec's own suites for implementations."""

import posixpath
from collections.abc import Callable

import pytest
from fsspec.tests import abstract

from pond_core import PondFileSystem


class _Mounted(abstract.AbstractFixtures):  # type: ignore[misc]  # fsspec ships no types
    @pytest.fixture
    def fs(self, mounted: PondFileSystem) -> PondFileSystem:
        return mounted

    @pytest.fixture
    def fs_path(self) -> str:
        return "/suite"

    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return posixpath.join


class TestCopy(abstract.AbstractCopyTests, _Mounted):  # type: ignore[misc]
    """Copies within the pond."""


class TestGet(abstract.AbstractGetTests, _Mounted):  # type: ignore[misc]
    """Copies out of the pond."""


class TestPut(abstract.AbstractPutTests, _Mounted):  # type: ignore[misc]
    """Copies into the pond."""


class TestOpen(abstract.AbstractOpenTests, _Mounted):  # type: ignore[misc]
    """Files that are made once."""


class TestPipe(abstract.AbstractPipeTests, _Mounted):  # type: ignore[misc]
    """Bytes written without opening a file."""
