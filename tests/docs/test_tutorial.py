"""The tutorial, followed word for word, with the simulator for those who have no account."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.simulator import Simulator, harbor

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+?)(?P<more>, continued)? -->\n)?"
    r"```(?P<language>\w+)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
BIN = Path(__file__).parents[2] / ".venv" / "bin"


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    """Have the simulator run, as in a second terminal."""
    with Simulator(harbor(), page_days=31, rate_per_minute=100_000) as server:
        lines = f"HYDROVU_URL={server.base_url}\nHYDROVU_KEY=demo\nHYDROVU_SECRET=demo\n"
        yield {"SIMULATOR": lines}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory, environ: dict[str, str]) -> dict[str, str]:
    """Do all that the tutorial says; return what each command printed."""
    folder = tmp_path_factory.mktemp("tutorial")
    printed: dict[str, str] = {"folder": str(folder / "water")}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if block["file"]:
            write(folder / "water" / block["file"], block["body"], is_more=bool(block["more"]))
        elif block["language"] == "sh":
            for line in block["body"].splitlines():
                printed[line] = follow(line, folder)
        elif "pond simulator > .env" in block["body"]:
            (folder / "water" / ".env").write_text(environ["SIMULATOR"])
    return printed


def write(file: Path, text: str, *, is_more: bool) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("a" if is_more else "x") as written:
        written.write(text)


def follow(line: str, folder: Path) -> str:
    """Run a line in a shell that stands where the tutorial has brought it."""
    water = folder / "water"
    done = subprocess.run(  # noqa: S602 -- the tutorial's own lines
        line,
        shell=True,
        cwd=water if water.exists() and line != "cd water" else folder,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def test_the_account_s_instruments_are_listed_with_the_ids_of_the_page(
    followed: dict[str, str],
) -> None:
    listed = followed["pond hydrovu locations"]
    ids = re.findall(r"\bid: (\d+)", PAGE.read_text())
    assert len(ids) == 2
    assert [each for each in ids if each not in listed] == []


def test_everything_on_the_page_is_in_the_pond(followed: dict[str, str]) -> None:
    snapshot = Pond.open(Path(followed["folder"]) / ".pond").snapshot()
    for path in ("/normalized/harbor/WharfAT500", "/combined/harbor/Wharf"):
        assert snapshot.read_series(path).num_rows > 24
    assert snapshot.exists("/reduced/harbor/sites/Wharf/res=24h")


def test_the_website_has_the_page_of_one_s_own(followed: dict[str, str]) -> None:
    site = Path(followed["folder"]) / "site" / "harbor"
    assert "Water at the wharf" in (site / "index.html").read_text()
    assert "The sonde hangs one meter" in (site / "pages" / "about.html").read_text()


def test_the_backup_is_complete_and_all_is_well(followed: dict[str, str]) -> None:
    assert (Path(followed["folder"]).parent / "stick").is_dir()
    assert "WharfAT500" in followed["pond status"]
