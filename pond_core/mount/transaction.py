"""fsspec's transactions as transactions of the pond."""

from fsspec.transaction import Transaction
from typing_extensions import override


class PondTransaction(Transaction):  # type: ignore[misc]  # fsspec ships no types
    """fsspec's `with fs.transaction:` as one transaction of the pond."""

    @override
    def start(self) -> None:
        self.fs.session.begin()
        super().start()

    @override
    def complete(self, commit: bool = True) -> None:
        session = self.fs.session
        try:
            super().complete(commit)  # files that were left open are written, or forgotten
        except BaseException:
            session.end(commit=False)
            raise
        session.end(commit=commit)
