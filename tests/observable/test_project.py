"""The folder of a project: what somebody did there stays, and what was killed is completed."""

import json
import shutil
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from pond_pipeline.observable.project import opened
from tests.core.dying import die_after, dies, end, nursery
from tests.observable.quay import (
    BOTH,
    END,
    HOURS,
    OWN_PACKAGE,
    PAGE,
    Quay,
    content,
    newest,
    times,
    told,
)

NURSERY = nursery("tests.observable.quay")


def export_and_die(folder: Path, steps: int) -> None:
    """Export, and die before so many changes of files."""
    die_after(steps)
    Quay(folder).export(*BOTH)
    end(steps)


def test_pages_of_one_s_own_stay(quay: Quay) -> None:
    quay.export(*BOTH)
    own = quay.project / "src" / "series" / "own.md"
    data = quay.project / HOURS / "own.csv"
    for each in (own, data):
        each.write_text("mine")
    quay.export("/odd/units")
    assert (own.read_text(), data.read_text()) == ("mine", "mine")


def test_an_edited_file_stays_as_it_is_and_is_told(quay: Quay) -> None:
    quay.export(*BOTH)
    page, index = quay.project / PAGE, quay.project / "src/index.md"
    for each in (page, index):
        each.write_text("mine")
    quay.more(END + timedelta(days=1))
    for _ in range(2):
        assert told(quay, *BOTH)["left"] == [str(index.relative_to(quay.project)), PAGE]
        assert (page.read_text(), index.read_text()) == ("mine", "mine")
    assert f"left as you made it: {PAGE}" in quay.export(*BOTH).stderr


def test_an_edited_file_stays_when_its_series_goes(quay: Quay) -> None:
    quay.export(*BOTH)
    (quay.project / PAGE).write_text("mine")
    assert told(quay, "/odd/units")["left"] == [PAGE]
    assert (quay.project / PAGE).read_text() == "mine"


def test_an_edited_file_whose_series_is_not_named_stays_though_files_are_made_anew(
    quay: Quay,
) -> None:
    quay.export(*BOTH)
    (quay.project / PAGE).write_text("mine")
    assert told(quay, "/odd/units", "--force")["left"] == [PAGE]
    assert (quay.project / PAGE).read_text() == "mine"


def test_an_edited_file_is_made_anew_where_that_is_asked_for(quay: Quay) -> None:
    quay.export(*BOTH)
    whole = content(quay.project)
    (quay.project / PAGE).write_text("mine")
    own = quay.project / "src" / "own.md"
    own.write_text("mine")
    assert told(quay, *BOTH, "--force")["left"] == []
    assert (quay.project / PAGE).read_bytes() == whole[PAGE]
    assert own.read_text() == "mine"


def test_a_file_that_was_removed_is_made_anew(quay: Quay) -> None:
    quay.export(*BOTH)
    whole = content(quay.project)
    (quay.project / PAGE).unlink()
    (quay.project / HOURS / "2024.parquet").unlink()
    assert told(quay, *BOTH)["written"] == 2
    assert {**content(quay.project), ".duckpond-observable.json": b""} == {
        **whole,
        ".duckpond-observable.json": b"",
    }


def test_a_project_that_was_copied_is_known_again(quay: Quay) -> None:
    quay.export(*BOTH)
    for file in quay.project.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes())  # as a fresh checkout: content alone is the same
    done = told(quay, *BOTH)
    assert (done["written"], done["left"]) == (0, [])


def test_a_project_of_one_s_own_gets_data_and_pages(quay: Quay) -> None:
    own = {
        "package.json": OWN_PACKAGE,
        "observablehq.config.js": "export default {root: 'src'};\n",
        "src/index.md": "# Mine\n",
        ".gitignore": "dist\n",
    }
    for name, text in own.items():
        file = quay.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    done = told(quay, *BOTH)
    assert {name: (quay.project / name).read_text() for name in own} == own
    assert not (quay.project / "package-lock.json").exists()
    assert (quay.project / PAGE).exists()
    assert done["left"] == ["src/index.md"]
    missing = ["@observablehq/plot@0.6.17", "fzstd@0.1.1", "hyparquet@1.31.5"]
    assert done["missing"] == missing
    assert f"npm install --save-exact {' '.join(missing)}" in quay.export(*BOTH).stderr


def test_packages_of_one_s_own_are_kept_with_their_versions(quay: Quay) -> None:
    quay.export(*BOTH)
    package = quay.project / "package.json"
    package.write_text(package.read_text().replace('"htl"', '"left-pad": "1.3.0",\n    "htl"'))
    lock = (quay.project / "package-lock.json").read_bytes()
    for _ in range(2):
        assert told(quay, *BOTH)["missing"] == []
        assert "left-pad" in package.read_text()
        assert (quay.project / "package-lock.json").read_bytes() == lock


def downgrade(quay: Quay) -> None:
    """Let the packages be as a version of DuckPond wrote them that asked for an older Framework."""
    listed = json.loads((quay.project / ".duckpond-observable.json").read_text())["files"]
    with opened(quay.project, force=False) as project:
        for name in listed:
            if name in ("package.json", "package-lock.json"):
                text = (quay.project / name).read_text()
                project.put(name, text.replace("1.13.4", "1.13.3").encode())
            else:
                project.keep(name)
        project.finish()


def test_an_upgrade_brings_the_packages_and_their_versions_up_to_date(quay: Quay) -> None:
    quay.export(*BOTH)
    before = content(quay.project)
    downgrade(quay)
    assert told(quay, *BOTH)["unlocked"] == []
    for name in ("package.json", "package-lock.json"):
        assert (quay.project / name).read_bytes() == before[name]


def test_a_list_of_versions_that_somebody_edited_stays_and_what_it_lacks_is_told(
    quay: Quay,
) -> None:
    quay.export(*BOTH)
    downgrade(quay)
    lock = quay.project / "package-lock.json"
    lock.write_text(lock.read_text().replace('"fzstd": "0.1.1"', '"fzstd": "0.1.0"'))
    edited = lock.read_bytes()
    lacks = ["@observablehq/framework@1.13.4", "fzstd@0.1.1"]
    for _ in range(2):
        assert told(quay, *BOTH)["unlocked"] == lacks
        assert lock.read_bytes() == edited
    said = quay.export(*BOTH).stderr
    assert f"{lock} stays as it is" in said
    assert f"package.json asks for: {', '.join(lacks)}" in said
    assert f"cd {quay.project} && npm install" in said
    assert "npm ci &&" not in said


def test_a_package_that_somebody_asked_for_and_did_not_install_is_told(quay: Quay) -> None:
    quay.export(*BOTH)
    package = quay.project / "package.json"
    package.write_text(package.read_text().replace('"htl"', '"left-pad": "1.3.0",\n    "htl"'))
    assert told(quay, *BOTH)["unlocked"] == ["left-pad@1.3.0"]


@pytest.mark.parametrize("lock", ["{", "[]", "{}", '{"packages": {"": {"dependencies": [1]}}}'])
def test_a_list_of_versions_that_is_none_is_left_to_npm(quay: Quay, lock: str) -> None:
    quay.export(*BOTH)
    (quay.project / "package-lock.json").write_text(lock)
    told(quay, *BOTH)
    assert (quay.project / "package-lock.json").read_text() == lock


@pytest.mark.parametrize("package", [None, '{"dependencies": {}}', "{", "[]"])
def test_a_folder_that_holds_something_else_is_refused(quay: Quay, package: str | None) -> None:
    quay.project.mkdir()
    (quay.project / "thesis.tex").write_text("mine")
    if package is not None:
        (quay.project / "package.json").write_text(package)
    before = content(quay.project)
    result = quay.command("export", quay.project, "--observable")
    assert result.exit_code == 1
    assert "is no project of Observable Framework" in result.stderr
    assert "give the project a folder of its own" in result.stderr
    assert content(quay.project) == before


def test_an_export_that_fails_changes_nothing(quay: Quay) -> None:
    quay.export(*BOTH)
    before = content(quay.project)
    quay.more(END + timedelta(days=1))
    result = quay.command("export", *BOTH, quay.project, "--observable", "--columns", "pH")
    assert result.exit_code == 1
    assert "pH" in result.stderr
    assert content(quay.project) == before


def test_a_file_in_the_way_of_a_folder_is_told_and_changes_nothing(quay: Quay) -> None:
    quay.export(*BOTH)
    pages = quay.project / "src" / "series"
    quay.more(END + timedelta(days=1))
    pages.rename(quay.folder / "pages")
    pages.write_text("in the way")
    before = times(quay.project)
    refused = quay.command("export", *BOTH, quay.project, "--observable")
    assert refused.exit_code == 1
    assert f"{pages} cannot be made: there is a file in its way" in refused.stderr
    assert times(quay.project) == before


def test_what_an_export_left_that_was_killed_is_completed_by_the_next(quay: Quay) -> None:
    quay.export(*BOTH)
    shutil.copytree(quay.project, quay.folder / "first")
    halves = 0
    for steps in count(start=2, step=5):
        quay.more(END + timedelta(days=2 * steps))
        shutil.rmtree(quay.project)
        shutil.copytree(quay.folder / "first", quay.project)
        if not dies(NURSERY, export_and_die, quay.folder, steps):
            break
        halves += newest(quay.project / HOURS / "2025.parquet") > END
        # Otherwise what took its place would be known by being what the next one makes.
        end_of_all = END + timedelta(days=2 * steps + 1)
        quay.more(end_of_all)
        done = told(quay, *BOTH)
        assert done["left"] == []
        assert newest(quay.project / HOURS / "2025.parquet") == end_of_all - timedelta(hours=1)
        assert (
            f"{end_of_all - timedelta(hours=1):%Y-%m-%d %H:%M}" in (quay.project / PAGE).read_text()
        )
    assert halves


def test_what_somebody_did_while_it_was_made_stays(quay: Quay) -> None:
    with opened(quay.project, force=False) as project:
        project.put("src/a.md", b"first")
        project.finish()
    own, late = quay.project / "src" / "a.md", quay.project / "src" / "late.md"
    with opened(quay.project, force=False) as project:
        project.put("src/a.md", b"second")
        project.put("src/late.md", b"export's")
        own.write_text("mine")
        late.write_text("mine, too")
        project.finish()
    assert (own.read_text(), late.read_text()) == ("mine", "mine, too")
    assert sorted(project.left) == ["src/a.md", "src/late.md"]


def test_two_exports_at_once_are_refused(quay: Quay) -> None:
    with opened(quay.project, force=False):
        refused = quay.command("export", *BOTH, quay.project, "--observable")
    assert refused.exit_code == 1
    assert "another export is writing the project" in refused.stderr


def test_the_list_of_a_version_that_found_out_less_is_understood(quay: Quay) -> None:
    quay.export(*BOTH)
    listed = quay.project / ".duckpond-observable.json"
    told = json.loads(listed.read_text())
    del told["known"]
    listed.write_text(json.dumps(told))
    before = times(quay.project)
    quay.export(*BOTH)
    assert times(quay.project) == before


def test_a_list_that_is_not_understood_is_told_and_nothing_changes(quay: Quay) -> None:
    quay.export(*BOTH)
    (quay.project / ".duckpond-observable.json").write_text("<<<<<<< HEAD\n")
    before = times(quay.project)
    refused = quay.command("export", *BOTH, quay.project, "--observable")
    assert refused.exit_code == 1
    assert "the list of what exports wrote, is not understood" in refused.stderr
    assert times(quay.project) == before


def test_nothing_of_what_was_made_stays_beside_the_project(quay: Quay) -> None:
    quay.export(*BOTH)
    left_over = quay.project / ".duckpond-observable.unfinished"
    assert not left_over.exists()
    left_over.mkdir()  # as by an export that was killed
    (left_over / "file").write_text("half")
    quay.export(*BOTH)
    assert not left_over.exists()
