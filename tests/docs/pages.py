"""The pages of the documentation, cut into what a reader types, and what they write into files.

It needs no more than Python, so that `walk.py` can use it on a machine that has nothing else yet.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROGRAM = re.compile(
    r"(pond|make|eval|export|install|ssh|sudo|useradd|docker|kubectl|dask|dg|\.venv/bin/\w+)\s"
    r"|([A-Z_]+=\S+ +)+\w"
)
"""How a block that is set in by four spaces begins, where it is commands to type."""

_COMMENT = re.compile(r"<!-- (?P<word>[a-z]+)(?: reference)?(?:: ?(?P<rest>.*?))? -->", re.DOTALL)
_FENCE = re.compile(r"```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_SET_IN = re.compile(r"(?:^    .*\n|^\n(?=    ))+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page.

    Attributes:
        line: Where it begins; 1 is the first line.
        chapter: The heading of the second degree that it is below; empty above the first one.
        language: What its fence says; `sh` of commands that are set in, else empty.
        text: What it holds, without what it is set in by.
        comments: The comments of HTML before it, as pairs such as `("test", "walk only: ...")`; of
            the first block that `make reference` writes, those before what it writes.
    """

    line: int
    chapter: str
    language: str
    text: str
    comments: tuple[tuple[str, str], ...]

    def notes(self, word: str) -> list[str]:
        """Return what the comments of a word say."""
        return [rest for each, rest in self.comments if each == word]

    def told(self, what: str) -> list[str]:
        """Return what the comments `test: WHAT: ...` say after it."""
        notes = (note.partition(":") for note in self.notes("test"))
        return [rest.strip() for name, _, rest in notes if name == what]

    @property
    def is_typed(self) -> bool:
        """Say whether it is commands for a shell."""
        return self.language == "sh"

    @property
    def is_python(self) -> bool:
        """Say whether it is Python."""
        return self.language == "python"


def pages() -> list[Path]:
    """Return all pages of the documentation that are for readers."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [*found, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    return list(_blocks(page.read_text(encoding="utf-8")))


def _blocks(text: str) -> Iterator[Block]:
    at, chapter = 0, ""
    comments: list[tuple[str, str]] = []
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        line = text[at:end]
        language = body = None
        if found := _FENCE.match(text, at):
            language, body = found["language"], found["body"]
        elif line.startswith("    ") and (found := _SET_IN.match(text, at)):
            body = re.sub(r"^    ", "", found[0], flags=re.MULTILINE)
            language = "sh" if PROGRAM.match(body) else ""
        elif found := _COMMENT.match(text, at):
            comments.append((found["word"], found["rest"] or ""))
        elif line.startswith("## "):
            chapter = line[3:].strip()
        if body is not None and language is not None:
            number = text.count("\n", 0, at) + 1
            yield Block(number, chapter, language, body, tuple(comments))
        is_held = any(word == "make" for word, _ in comments)
        if body is not None or (found is None and line.strip() and not is_held):
            comments.clear()
        at = end if found is None else text.find("\n", found.end() - 1) + 1 or len(text)


def is_for_tests(block: Block) -> bool:
    """Say whether a test can do what a block says."""
    return not block.told("parsed only") and not block.told("walk only")


def commands_of(text: str) -> list[str]:
    """Return the commands of a block, each with all its lines; what a shell refuses comes last."""
    commands, begun = [], ""
    for line in text.splitlines():
        begun += line
        if not begun.strip():
            begun = ""
        elif not line.endswith("\\") and _is_whole(begun):
            commands.append(begun)
            begun = ""
        else:
            begun += "\n"
    return [*commands, begun] if begun else commands


def what_is_wrong(command: str) -> str:
    """Return what a shell says of a command that it cannot parse; else nothing."""
    done = subprocess.run(
        ["/bin/sh", "-n"], input=command, capture_output=True, text=True, check=False
    )
    return done.stderr


def _is_whole(command: str) -> bool:
    return not what_is_wrong(command)
