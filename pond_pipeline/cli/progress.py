"""How far a long command has come: a line on stderr where that is a terminal, elsewhere nothing.

What is shown is gone when it is done.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from pond_core import Track

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

T = TypeVar("T")

_BAR = 16
"""So wide that the line fits into 80 columns."""


class Transferred(Protocol):
    """Is told how far it has come."""

    def __call__(self, objects: int, size: int, total: int = 0, /) -> None:
        """Take how many objects and bytes were moved, and of how many bytes; 0 if nobody knows."""


@contextmanager
def transfer(what: str) -> Iterator[Transferred]:
    """Show how much was sent or fetched."""
    # Lazy, as below: most commands are done before there is anything to show.
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeElapsedColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(_BAR),
        TextColumn("{task.fields[objects]:,} objects"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
    )
    with _shown(*columns) as bar:
        task = bar.add_task(what, total=None, objects=0)

        def told(objects: int, size: int, total: int = 0, /) -> None:
            end = max(size, total) if total else None
            bar.update(task, completed=size, total=end, objects=objects)

        yield told


@contextmanager
def tracking(what: str) -> Iterator[Track]:
    """Show how many of the things that go by are done."""
    with _counted() as bar:

        def track(things: Sequence[T], /) -> Iterable[T]:
            task = bar.add_task(what, total=len(things))
            for each in things:
                yield each
                bar.advance(task)

        yield track


@contextmanager
def steps(total: int) -> Iterator[Callable[[str], None]]:
    """Show how many steps are done; is told what each is."""
    with _counted() as bar:
        task = bar.add_task("collecting", total=total)
        yield lambda path: bar.update(task, advance=1, description=path)


def _counted() -> AbstractContextManager["Progress"]:
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return _shown(*columns, TimeElapsedColumn())


@contextmanager
def _shown(*columns: "ProgressColumn") -> Iterator["Progress"]:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    # Not only what rich thinks: FORCE_COLOR makes it take a pipe for a terminal.
    is_seen = sys.stderr.isatty() and console.is_interactive
    with Progress(*columns, console=console, transient=True, disable=not is_seen) as bar:
        yield bar
