"""The command `pond site`."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.website.bay import Bay

SITE = "---\nkind: Site\nname: shore\nspec: {datasets: [/reduced/bay/sites/Pier]}\n"


def run(bay: Bay, *args: str | Path) -> tuple[int, str, str]:
    """Run a command about the bay's resources; return exit code, data and talk."""
    result = bay.lake.command("site", *map(str, args), "-f", str(bay.lake.file))
    return result.exit_code, result.stdout, result.stderr


def test_build_says_what_it_did(shared: Bay, tmp_path: Path) -> None:
    code, out, _ = run(shared, "build", "--to", tmp_path, "--json")
    told = json.loads(out)
    assert code == 0
    assert told == {
        "name": "bay",
        "folder": str(tmp_path),
        "txn": shared.snapshot().txn,
        "pages": 9,
        "files": told["files"],
        "bytes": told["bytes"],
        "written": told["files"],
        "removed": 0,
    }


def test_build_names_the_page_to_open(shared: Bay, tmp_path: Path) -> None:
    code, out, talk = run(shared, "build", "bay", "--to", tmp_path)
    assert (code, out) == (0, "")
    assert f"open {tmp_path / 'index.html'}" in talk


@pytest.mark.parametrize(
    ("more", "name", "problem"),
    [
        ("", "buy", "has no website 'buy'\n  hint: did you mean 'bay'?"),
        (SITE, None, "has several websites\n  hint: name one of bay, shore"),
    ],
)
def test_a_website_that_is_not_there_is_told(
    bay: Bay, more: str, name: str | None, problem: str
) -> None:
    bay.lake.file.write_text(bay.lake.file.read_text() + more)
    code, _, talk = run(bay, "build", *([name] if name else []))
    assert code == 2
    assert problem in talk


def test_resources_without_a_website_are_told_with_what_to_add(bay: Bay) -> None:
    text = bay.lake.file.read_text()
    bay.lake.file.write_text(text[: text.index("---\nkind: Site")])
    code, _, talk = run(bay, "build")
    assert code == 2
    assert "add a document with `kind: Site`" in talk


def test_serve_builds_and_serves_until_ctrl_c(shared: Bay, tmp_path: Path) -> None:
    code = "from pond_pipeline.cli import main; main()"
    line = [sys.executable, "-c", code, "--pond", str(shared.lake.pond), "site", "serve"]
    with subprocess.Popen(  # noqa: S603 -- our own command
        [*line, "--port", "0", "--to", str(tmp_path), "-f", str(shared.lake.file)],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        url = next(word for word in process.stderr.readline().split() if word.startswith("http"))
        page = httpx.get(url.rstrip(";"), trust_env=False, timeout=60)
        folder = httpx.get(f"{url.rstrip(';')}data/", trust_env=False, timeout=60)
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "stopped\n"
    assert process.returncode == 0
    assert "The bay" in page.text
    assert page.headers["cache-control"] == "no-cache"
    assert folder.status_code == 404


def test_a_port_that_is_taken_is_told(shared: Bay, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, talk = run(shared, "serve", "--to", tmp_path, "--port", str(port))
    assert code == 1
    assert f"port {port} cannot be had" in talk
    assert "--port" in talk
