import re
from pathlib import Path

import pytest

from pond_core import Pond
from pond_pipeline.cli.starter import TEMPLATES
from pond_pipeline.config import HydroVuSpec, load_documents
from tests.pipeline.cli.shell import Shell

WRITTEN = ["resources.yaml", ".env.example", ".gitignore"]


@pytest.fixture(autouse=True)
def _in_the_folder(nowhere: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(nowhere.directory)


def test_init_makes_a_pond(nowhere: Shell) -> None:
    result = nowhere.run("init")
    assert (result.exit_code, result.stdout) == (0, "")
    assert Pond.open(nowhere.pond).log() == []


def test_init_tells_the_new_pond_as_json(nowhere: Shell) -> None:
    made = nowhere.row("init")
    assert made == {"path": str(nowhere.pond), "id": Pond.open(nowhere.pond).id, "files": []}


def test_init_says_where_a_file_is_in_the_way(nowhere: Shell, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    result = nowhere.run("--pond", tmp_path / "taken" / "pond", "init")
    assert result.exit_code == 1
    assert f"{tmp_path / 'taken'}: a file has that name" in result.stderr
    assert "choose another place" in result.stderr


def test_init_refuses_where_a_pond_is(shell: Shell) -> None:
    result = shell.run("init")
    assert result.exit_code == 1
    assert "there is a pond at" in result.stderr


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_a_file_that_can_be_applied(nowhere: Shell, template: str) -> None:
    assert nowhere.row("init", "--template", template)["files"] == WRITTEN
    foreseen = nowhere.row("apply", "--dry-run")
    assert len(foreseen["added"]) > 10 or template == "empty"  # type: ignore[arg-type]


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_to_be_changed_is_marked(nowhere: Shell, template: str) -> None:
    nowhere.out("init", "--template", template)
    lines = Path("resources.yaml").read_text().splitlines()
    assert [line for line in lines if "id: 1" in line and "<--" not in line] == []
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_folders_that_a_template_reads_are_made_by_its_first_steps(
    nowhere: Shell, template: str
) -> None:
    nowhere.out("init", "--template", template)
    text = Path("resources.yaml").read_text()
    read = {each.rpartition("/")[0] for each in re.findall(r"pattern: (inbox/[^*\s]*)", text)}
    made = re.findall(r"^# +mkdir -p (.*?) +#", text, re.MULTILINE)
    assert read == {folder for line in made for folder in line.split()}


def test_the_levels_of_wells_are_in_one_unit_whatever_their_loggers_give(nowhere: Shell) -> None:
    nowhere.out("init", "--template", "well")
    account = load_documents(Path("resources.yaml").read_text())[0].spec
    assert isinstance(account, HydroVuSpec)
    assert dict(account.units) == dict.fromkeys(
        ("Depth", "Level: Depth to Water", "Level: Elevation"), "m"
    )


def test_the_empty_template_holds_once_its_comment_signs_are_taken_away(nowhere: Shell) -> None:
    nowhere.out("init", "--template", "empty")
    head, spec = Path("resources.yaml").read_text().split("# apiVersion", 1)
    uncommented = "".join(
        line.removeprefix("# ") for line in f"# apiVersion{spec}".splitlines(keepends=True)
    )
    Path("resources.yaml").write_text(head + uncommented)
    assert "/raw/harbor/Buoy" in nowhere.out("apply", "--dry-run", "--json")


def test_resources_that_are_there_are_kept_and_nothing_is_made(nowhere: Shell) -> None:
    Path("resources.yaml").write_text("# mine\n")
    result = nowhere.run("init", "--template", "noyo")
    assert (result.exit_code, "there is a resources.yaml" in result.stderr) == (2, True)
    assert [each.name for each in nowhere.directory.iterdir()] == ["resources.yaml"]
    assert Path("resources.yaml").read_text() == "# mine\n"


def test_where_there_is_a_pond_nothing_is_written(nowhere: Shell) -> None:
    nowhere.out("init")
    assert nowhere.run("init", "--template", "noyo").exit_code == 1
    assert [each.name for each in nowhere.directory.iterdir()] == ["pond"]


def test_files_that_are_there_get_what_they_lack(nowhere: Shell) -> None:
    Path(".gitignore").write_text("/.pond\n*.pyc\n.env.local\nsit*")
    Path(".env.example").write_text("HYDROVU_KEY=\nHYDROVU_SECRET=ask Ann\n")
    assert nowhere.row("init", "--template", "noyo")["files"] == ["resources.yaml", ".gitignore"]
    assert Path(".gitignore").read_text() == "/.pond\n*.pyc\n.env.local\nsit*\n.env\n.dagster/\n"


def test_variables_that_resources_name_are_in_the_example(nowhere: Shell) -> None:
    nowhere.out("init", "--template", "well")
    assert "HYDROVU_KEY=\nHYDROVU_SECRET=\nWEBHOOK=\n" in Path(".env.example").read_text()
