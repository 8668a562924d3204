"""The rules of what is stored, over any backend; numbers are those of `docs/semantics.md`."""

from tests.conformance.stored_content import ContentContract
from tests.conformance.stored_names import NamesContract


class FileSystemContract(NamesContract, ContentContract):
    """All of them; `dynamic` holds those of what is computed."""
