"""Every command of README and of `docs/` works as it stands, in order on its page; Python, too."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from typing_extensions import override

from pond_core import Pond
from pond_pipeline.cli.entry import pond as pond_command
from tests.docs.follower import Follower, FollowError, programs, write_editor
from tests.docs.notebook import Notebook
from tests.docs.pages import ROOT, Block, blocks_of, commands_of, is_for_tests, pages, what_is_wrong
from tests.pipeline.migration import harbor as original
from tests.pipeline.services import receiving
from tests.s3 import server as s3

BY_CHAPTER = {"docs/cli.md"}
"""Pages whose chapters nobody reads in order: each begins with a harbor of its own."""

ELSEWHERE = {"docs/tutorial.md"}
"""Pages that tests of their own follow: `test_tutorial.py`. So are drills: `test_operations.py`."""

PLACES = ("/media/stick", "/srv", "/var/lib/node_exporter", "/var/www", "/new/place")
"""Folders outside a reader's own, which the tests have elsewhere."""


@dataclass(frozen=True)
class Passage:
    """What is followed in one harbor: a page, or a chapter of it."""

    page: Path
    chapter: str | None

    @override
    def __str__(self) -> str:
        name = str(self.page.relative_to(ROOT))
        return name if self.chapter is None else f"{name}, {self.chapter.strip('`')}"

    @property
    def blocks(self) -> list[Block]:
        """Its blocks that a test of this file follows."""
        found = [each for each in blocks_of(self.page) if not each.notes("drill")]
        return [each for each in found if self.chapter in (None, each.chapter)]


def passages() -> Iterator[Passage]:
    """Yield all that this file follows."""
    for page in pages():
        name = str(page.relative_to(ROOT))
        done = [each for each in Passage(page, None).blocks if each.is_typed or each.is_python]
        if name in ELSEWHERE or not done:
            continue
        chapters = dict.fromkeys(each.chapter for each in done)
        yield from (Passage(page, each) for each in (chapters if name in BY_CHAPTER else [None]))


@pytest.fixture(scope="session")
def bucket_variables(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return what leads to buckets, where there is a server for them."""
    if not s3.is_there():
        return {}
    server: s3.Server = request.getfixturevalue("s3_server")
    return server.environ


@pytest.fixture
def variables(
    environ: dict[str, str],
    account: dict[str, str],
    bucket_variables: dict[str, str],
    tmp_path: Path,
) -> Iterator[dict[str, str]]:
    """Return the environment of a reader who has an account, a bucket, and an editor."""
    editor = tmp_path / "editor"
    write_editor(editor)
    told = {"EDITOR": str(editor), "OLD": str(tmp_path / "old")}
    with receiving() as receiver:
        yield {**environ, **account, **bucket_variables, **told, "WEBHOOK": receiver.url}


@pytest.fixture
def adapted(harbor_made: Path, bucket_url: str, tmp_path: Path) -> Callable[[str], str]:
    """Return what is done instead of what a page says."""
    headers = Pond.open(harbor_made / "duckpond" / ".pond").log()
    run_id = next(each.provenance.run_id for each in headers if each.provenance.run_id)
    return adapting(tmp_path, bucket_url, run_id=run_id)


@pytest.fixture
def reader(
    harbor_made: Path,
    variables: dict[str, str],
    adapted: Callable[[str], str],
    tmp_path: Path,
) -> Iterator[Follower]:
    """Somebody who has done `make demo` a while ago, in a place of their own."""
    shutil.copytree(harbor_made, tmp_path, symlinks=True, dirs_exist_ok=True)
    folder = tmp_path / "duckpond"
    for place in PLACES:
        (tmp_path / place[1:]).mkdir(parents=True, exist_ok=True)
    original.harbor().write(Path(variables["OLD"]))
    with Follower(folder, variables, adapted=adapted) as follower:
        yield follower


def adapting(place: Path, bucket_url: str, *, run_id: str) -> Callable[[str], str]:
    """Return what makes a command fit for a test: folders, ports and buckets that are free."""
    folders = "|".join(PLACES)

    def adapted(text: str) -> str:
        text = re.sub(rf"(?<![\w.])({folders})\b", rf"{place}\1", text)
        text = re.sub(r"\b(pond simulator|pond site serve)( --port \d+)?", r"\1 --port 0", text)
        text = text.replace("--serve 9321", "--serve 0").replace("s3://lake", bucket_url)
        return re.sub(r"\b9f8b3c1e[-\w]+", run_id, text)

    return adapted


@pytest.mark.parametrize("passage", list(passages()), ids=str)
def test_a_page_can_be_followed_word_for_word(
    passage: Passage,
    reader: Follower,
    variables: dict[str, str],
    adapted: Callable[[str], str],
) -> None:
    followed = [block for block in passage.blocks if is_for_tests(block)]
    if not s3.is_there() and any("s3://" in block.text for block in followed):
        pytest.skip("*** NO SeaweedFS FOR THIS SYSTEM: WHAT NEEDS BUCKETS IS NOT FOLLOWED. ***")
    notebook = Notebook(passage.page, variables, adapted=adapted)
    for block in followed:
        reader.follow(block)
        notebook.follow(block, reader.here)


REASONS = {
    "it needs root and systemd",
    "it needs another machine",
    "it needs PostgreSQL",
    "it needs Docker",
    "it needs a cluster",
    "it installs packages",
    "it starts Dagster's servers",
    "it starts Dask's servers",
    "it is for another shell than sh",
    "the server and its keys are somebody's",
    "tests/observable runs them",
    "tests/pipeline/test_dg_check.py runs them",
}
"""Why a block may be parsed only."""

PARSED_ONLY = [each for page in pages() for each in blocks_of(page) if each.told("parsed only")]


def test_what_is_parsed_only_says_why_and_is_little() -> None:
    told = [reason for block in PARSED_ONLY for reason in block.told("parsed only")]
    assert set(told) == REASONS
    assert len([each for each in told if not each.startswith("tests/")]) <= 14


@pytest.mark.parametrize(
    "block",
    [each for each in PARSED_ONLY if each.is_typed],
    ids=lambda block: f"{block.chapter}-{block.line}",
)
def test_what_is_parsed_only_is_understood(block: Block) -> None:
    for command in commands_of(block.text):
        assert what_is_wrong(command) == ""
        for words in programs(command):
            name, *arguments = words[2:] if words[0] == "--pond" else words
            with click.Context(pond_command, info_name="pond") as context:
                found = pond_command.get_command(context, name)
                assert found is not None
                found.make_context(name, arguments, parent=context)


def shape(text: str) -> list[str]:
    """Return the heading of a printed table, and what its rows begin with."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [*lines[0].split(), *(re.sub(r"\d", "9", line.split()[0]) for line in lines[1:])]


def printed_by(page: Path, command: str) -> str:
    """Return the example of what a command prints: the next block that is set in below it."""
    blocks = blocks_of(page)
    [at] = [at for at, each in enumerate(blocks) if each.is_typed and command in each.text]
    return next(each.text for each in blocks[at + 1 :] if not each.language)


def test_readme_shows_what_is_printed(reader: Follower) -> None:
    page = ROOT / "README.md"
    demo = reader.run("pond demo").splitlines()
    shown = printed_by(page, "make demo").splitlines()
    assert shown[0].split() == demo[0].split()
    assert {each.split()[0] for each in shown} <= {each.split()[0] for each in demo}
    [cat] = [c for block in blocks_of(page) for c in commands_of(block.text) if "pond cat" in c]
    assert shape(reader.run(cat)) == shape(printed_by(page, "pond cat"))


def test_readme_shows_the_error_of_a_wrong_line(reader: Follower) -> None:
    reader.run("sed -i.old 's/id: 4811790026301440/id: wharf/' resources.yaml")
    said = reader.run("pond apply --dry-run 2>&1 || test $? = 2")
    shown = printed_by(ROOT / "README.md", "pond apply --dry-run").strip()
    assert re.sub(r":\d+:", ":9:", shown) in re.sub(r":\d+:", ":9:", said)


def test_the_cost_of_a_command_is_told_as_its_page_shows(reader: Follower) -> None:
    [cost] = [each for each in blocks_of(ROOT / "docs" / "cli.md") if each.text[:5] == "cost:"]
    shown = cost.text.splitlines()
    told = reader.run("pond --verbose ls 2>&1 > listing").splitlines()
    assert [line.split()[0] for line in told] == [line.split()[0] for line in shown if line]


def test_an_export_lies_where_its_page_shows(reader: Follower) -> None:
    page = ROOT / "docs" / "mirror.md"
    shown = printed_by(page, "pond export").strip()
    for block in blocks_of(page):
        if "pond export" in block.text:
            reader.follow(block)
    assert (reader.here / shown).is_file()


@pytest.mark.parametrize("what", ["a set-in line", "a fence", "a comment"])
def test_the_reader_tells_commands_from_what_is_shown(what: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    before = "<!-- test: before: cd a -->\n"
    text = {
        "a set-in line": "Do\n\n    pond ls \\\n      /raw\n\n    pond log\n\nSee\n\n    raw/ x\n",
        "a fence": "```sh\npond ls \\\n        /raw\n\npond log\n```\n\n```text\nraw/ x\n```\n",
        "a comment": f"{before}    pond ls \\\n    /raw\n    pond log\n\n- a\n\n    raw/ x\n",
    }[what]
    page.write_text(text)
    typed, shown = blocks_of(page)
    assert [each.split()[:2] for each in commands_of(typed.text)] == [
        ["pond", "ls"],
        ["pond", "log"],
    ]
    assert (typed.is_typed, shown.is_typed, shown.text.strip()) == (True, False, "raw/ x")
    assert typed.notes("test") == (["before: cd a"] if what == "a comment" else [])


def test_a_command_that_fails_is_told_with_what_it_said(
    environ: dict[str, str], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nmkdir a; cd a\nexport X=1\npwd; echo $X; false; true\n```\n")
    [block] = blocks_of(page)
    with Follower(tmp_path, environ) as reader, pytest.raises(FollowError, match="code 1") as e:
        reader.follow(block)
    assert f"{tmp_path}/a\n1\n" in str(e.value)


PYTHON = """\
# Page

```python
from pathlib import Path

found = [each.name for each in Path("/srv").iterdir()]
```

```python
assert found == ["mine"], found
```

<!-- test: parsed only: it needs another machine -->
```python
raise KeyboardInterrupt
```

<!-- file: own.py -->
```python
raise KeyboardInterrupt
```

```python
import os

raise ValueError(f"{len(found)} in {Path.cwd().name} of {os.environ['OLD']}")
```
"""


def test_python_goes_on_from_block_to_block_and_what_fails_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    page, here = tmp_path / "page.md", tmp_path / "here"
    page.write_text(PYTHON)
    here.mkdir()
    (tmp_path / "srv" / "mine").mkdir(parents=True)
    adapted = adapting(tmp_path, "", run_id="")
    notebook = Notebook(page, {"OLD": "somebody"}, adapted=adapted)
    *blocks, last = filter(is_for_tests, blocks_of(page))
    for block in blocks:
        notebook.follow(block, here)
    with pytest.raises(FollowError, match=r"1 in here of somebody") as caught:
        notebook.follow(last, here)
    assert f'page.md", line {PYTHON[: PYTHON.index("raise V")].count(chr(10)) + 1}' in str(
        caught.value
    )
