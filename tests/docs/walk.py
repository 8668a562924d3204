"""A newcomer's walk: README and the tutorial, word for word, in a fresh clone, with an empty home.

`make walk` does it before a release. It clones what is committed, and has nothing of this tree, nor
of the environment but how packages are fetched. It takes ten minutes, most of it for installing,
and the ports 3000 and 8765.

    python3 -m tests.docs.walk [--tests] [--into DIR]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docs.follower import Follower, FollowError, write_editor
from tests.docs.pages import ROOT, Block, blocks_of

_FETCHING = re.compile(r"(?i)(pip|npm_config|node_extra)_\w+|(https?|no|all)_proxy|ssl_cert_\w+")
"""Variables that say how this machine reaches packages."""

_NEEDED = ("make", "git", "sh")
_PATH = ":".join(
    dict.fromkeys(
        [
            # Not of an environment that is active: it may have a `pond`.
            f"{sys.base_prefix}/bin",
            *(str(Path(found).parent) for found in map(shutil.which, _NEEDED) if found),
            *("/usr/bin", "/bin"),
        ]
    )
)
_TESTS = "these are the tests"


def main() -> None:
    """Walk, and exit with 1 where something failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tests", action="store_true", help="run `make test`, too")
    parser.add_argument("--into", type=Path, help="an empty folder, which is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="walk-") as made:
        place = (options.into or Path(made)).resolve()
        place.mkdir(parents=True, exist_ok=True)
        clone = place / "duckpond"
        _clone(clone)
        failed = [
            *_walked("README.md", _readme(clone, with_tests=options.tests)),
            *_walked("docs/tutorial.md", _tutorial(clone, place / "home")),
        ]
    for each in failed:
        _say(f"FAILED: {each}")
    _say(f"{len(failed)} failed" if failed else "all that is written there works")
    sys.exit(bool(failed))


def _clone(clone: Path) -> None:
    def git(*words: str) -> str:
        return subprocess.run(  # noqa: S603 -- git, of this tree
            ["git", "-C", str(ROOT), *words],  # noqa: S607 -- that of the user
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    if git("status", "--porcelain"):
        _say("what is not committed is not looked at")
    git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))


def _walked(page: str, steps: Iterator[None]) -> list[str]:
    """Go through a page; return what failed, after which the page is left."""
    _say(f"== {page}")
    try:
        for _ in steps:
            pass
    except FollowError as exc:
        _say(str(exc))
        return [f"{page}: {str(exc).partition(chr(10))[0]}"]
    return []


def _readme(clone: Path, *, with_tests: bool) -> Iterator[None]:
    editor = clone.parent / "editor"
    write_editor(editor)
    with _reader(clone, clone.parent / "home", {"EDITOR": str(editor)}) as reader:
        for block in blocks_of(clone / "README.md"):
            if _TESTS in block.told("walk only") and not with_tests:
                continue
            if "$EDITOR" in block.text or "${EDITOR" in block.text:
                # Somebody's account: the simulator, which is where `.env` will say.
                address = reader.start_second("pond simulator --port 0")
                reader.run(f"export HYDROVU_URL={address}")
            if "notebook" in block.notes("test"):
                reader.write("notebook.py", block.text)
                reader.run("python notebook.py")
            elif _is_walked(block):
                reader.follow(block)
            yield


def _tutorial(clone: Path, home: Path) -> Iterator[None]:
    with _reader(home, home, {"PATH": f"{clone}/.venv/bin:{_PATH}"}) as reader:
        for block in blocks_of(clone / "docs" / "tutorial.md"):
            if _is_walked(block):
                reader.follow(block)
            yield


def _is_walked(block: Block) -> bool:
    return not block.told("parsed only")


@contextmanager
def _reader(folder: Path, home: Path, more: dict[str, str]) -> Iterator[Follower]:
    home.mkdir(exist_ok=True)
    fetching = {name: value for name, value in os.environ.items() if _FETCHING.fullmatch(name)}
    environ = {**fetching, "PATH": _PATH, "HOME": str(home), **more}
    with Follower(folder, environ, say=_telling()) as reader:
        yield reader


def _telling() -> Callable[[str], None]:
    """Return what tells of commands, with how long the walk has taken."""
    begun_s = time.monotonic()
    return lambda command: _say(f"{time.monotonic() - begun_s:6.1f} s  $ {command}")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 -- for the person who started it


if __name__ == "__main__":
    main()
