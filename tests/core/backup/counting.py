"""A place that counts what is asked of another one."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pond_core.storage import Place


class Counting:
    """Passes everything on; each call is a request or two.

    Attributes:
        calls: How often each method was called.
        sent: Bytes that were written.
    """

    def __init__(self, place: Place) -> None:
        self.calls: Counter[str] = Counter()
        self.sent = 0
        self._place = place

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever a place can do
        found = getattr(self._place, name)
        return self._counted(name, found) if callable(found) else found

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:  # noqa: ANN401 -- as above
            self.calls[name] += 1
            if name in ("write", "create"):
                self.sent += len(arguments[1])
            if name == "upload":
                self.sent += arguments[0].stat().st_size
            return method(*arguments)

        return call
