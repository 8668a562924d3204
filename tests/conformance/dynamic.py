"""The rules of dynamic nodes over any backend; numbers are those of `docs/semantics.md`."""

import hypothesis.strategies as st
from hypothesis.stateful import rule

from pond_core.tinyfs import Recipe
from tests.conformance.dynamic_changes import DynamicChangesContract
from tests.conformance.dynamic_reads import DynamicReadsContract
from tests.conformance.factories import (
    DATA,
)
from tests.conformance.filesystem_machine import PATHS, FileSystemMachine


class DynamicMachine(FileSystemMachine):
    """Computed bytes among the stored ones: to a reader they are the same."""

    @rule(path=PATHS, data=st.binary(max_size=3))
    def write_recipe(self, path: str, data: bytes) -> None:
        recipe = Recipe(DATA, "test.constant", {"hex": data.hex()})
        self._alike(
            lambda: self.model.write_data(path, data),
            lambda: self.fs.write_recipe(path, recipe),
        )


class DynamicContract(DynamicReadsContract, DynamicChangesContract):
    """All of them. Subclass it as `FileSystemContract`."""
