"""The Python of somebody who follows a page: what one block names, the next one finds.

It runs in this process, where all has been imported already: a block costs what it does.
"""

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.docs.follower import FollowError
from tests.docs.pages import Block


class Notebook:
    """A session.

    Args:
        page: Whose blocks it runs.
        environ: What the environment says beside what it says already.
        adapted: What is run instead of a block: where a page says `/media/stick`, another folder
            may have to do.
    """

    def __init__(
        self, page: Path, environ: Mapping[str, str], *, adapted: Callable[[str], str]
    ) -> None:
        self._page = page
        self._environ = environ
        self._adapted = adapted
        self._names: dict[str, Any] = {"__name__": page.stem}

    def follow(self, block: Block, here: Path) -> None:
        """Run a block, if it is Python that has no test of its own and is no file.

        Args:
            block: It.
            here: Where its reader is.

        Raises:
            FollowError: It raises something; the line of the page is told.
        """
        has_own_test = any(":" not in note for note in block.notes("test"))
        if not block.is_python or has_own_test or block.notes("file"):
            return
        # With the lines before it, so that errors name those of the page.
        text = "\n" * block.line + self._adapted(block.text)
        try:
            with contextlib.chdir(here), _set(self._environ):
                exec(compile(text, self._page, "exec"), self._names)  # noqa: S102 -- our own pages
        except Exception as exc:
            raise FollowError("".join(traceback.format_exception(exc, limit=-4))) from exc


@contextlib.contextmanager
def _set(environ: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
