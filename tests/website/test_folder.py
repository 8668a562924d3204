"""A website's folder: what changed is written, what is gone goes, nothing of others is touched."""

import os
from pathlib import Path

import pytest

from pond_pipeline.errors import WebsiteError
from pond_pipeline.website.folder import Made, WebsiteFolder, opened


def keep(folder: WebsiteFolder, name: str, text: str) -> None:
    """Have a file whose key is its text, as builds do."""
    if folder.stored(name, text) is None:
        folder.put(name, text, Made(text.encode(), {"said": text}))


def fill(path: Path, files: dict[str, str]) -> WebsiteFolder:
    """Build a website of files whose keys are their texts."""
    with opened(path) as folder:
        for name, text in files.items():
            keep(folder, name, text)
    return folder


def end_early(path: Path, files: dict[str, str]) -> None:
    """Write some files, and fail before the others."""
    with opened(path) as folder:
        for name, text in files.items():
            folder.put(name, text, Made(text.encode(), {}))
        folder.put("data/y.js", "new", Made(b"%d" % (1 // 0), {}))


def texts(path: Path) -> dict[str, str]:
    """Return what visitors see."""
    return {
        str(file.relative_to(path)): file.read_text()
        for file in path.rglob("*")
        if file.is_file() and not file.name.startswith(".")
    }


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    fill(tmp_path, {"index.html": "a", "data/x.js": "b"})
    again = fill(tmp_path, {"index.html": "a", "data/x.js": "c"})
    assert texts(tmp_path) == {"index.html": "a", "data/x.js": "c"}
    assert (again.written, again.removed) == (1, 0)


def test_what_is_not_written_again_keeps_its_facts(tmp_path: Path) -> None:
    files = {"data/x.js": "b", "data/y.js": "c", "data/z.js": "b"}
    fill(tmp_path, files)
    with opened(tmp_path) as folder:
        kept = {name: folder.stored(name, text) for name, text in files.items()}
    told = {name: each.facts for name, each in kept.items() if each is not None}
    assert told == {name: {"said": text} for name, text in files.items()}


def test_what_the_website_has_no_more_goes_with_its_folder(tmp_path: Path) -> None:
    fill(tmp_path, {"index.html": "a", "sites/old.html": "b", "downloads.html": "c"})
    after = fill(tmp_path, {"index.html": "a"})
    assert texts(tmp_path) == {"index.html": "a"}
    assert not (tmp_path / "sites").exists()
    assert after.removed == 2


@pytest.mark.parametrize("spoil", ["edit", "remove", "cut"])
def test_a_file_that_somebody_changed_is_made_anew(tmp_path: Path, spoil: str) -> None:
    fill(tmp_path, {"index.html": "a page"})
    page = tmp_path / "index.html"
    match spoil:
        case "edit":
            stat = page.stat()
            page.write_text("A PAGE")
            os.utime(page, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
        case "remove":
            page.unlink()
        case _:
            stat = page.stat()
            os.truncate(page, 3)
            os.utime(page, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    fill(tmp_path, {"index.html": "a page"})
    assert texts(tmp_path) == {"index.html": "a page"}


def test_a_build_that_ended_early_leaves_whole_files_and_the_next_one_completes_it(
    tmp_path: Path,
) -> None:
    fill(tmp_path, {"data/x.js": "old", "data/y.js": "old", "index.html": "old"})
    with pytest.raises(ZeroDivisionError):
        end_early(tmp_path, {"data/x.js": "new"})
    assert texts(tmp_path) == {"data/x.js": "new", "data/y.js": "old", "index.html": "old"}
    fill(tmp_path, {"data/x.js": "old", "data/y.js": "old", "index.html": "old"})
    assert set(texts(tmp_path).values()) == {"old"}


def test_a_list_that_cannot_be_read_only_costs_time(tmp_path: Path) -> None:
    fill(tmp_path, {"index.html": "a"})
    (tmp_path / ".duckpond-website.json").write_text('{"format":')
    again = fill(tmp_path, {"index.html": "b"})
    assert texts(tmp_path) == {"index.html": "b"}
    assert again.written == 1


def test_what_an_unfinished_build_left_goes(tmp_path: Path) -> None:
    fill(tmp_path, {"data/x.js": "a"})
    with pytest.raises(ZeroDivisionError):
        end_early(tmp_path, {"data/z.js": "new"})
    (tmp_path / "data" / "y.js.unfinished").write_text("half")
    fill(tmp_path, {"data/x.js": "a"})
    assert texts(tmp_path) == {"data/x.js": "a"}


def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    with pytest.raises(WebsiteError, match=r"thesis\.txt.* is no part of a website") as told:
        fill(tmp_path, {"index.html": "a"})
    assert "a folder of its own" in told.value.hint
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_files_of_ones_own_at_the_top_stay(tmp_path: Path) -> None:
    fill(tmp_path, {"index.html": "a"})
    (tmp_path / "CNAME").write_text("water.example.org")
    fill(tmp_path, {"index.html": "b"})
    assert texts(tmp_path) == {"index.html": "b", "CNAME": "water.example.org"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file")
    with pytest.raises(WebsiteError, match="cannot be written"):
        fill(tmp_path / "site", {})


def test_what_lies_behind_a_link_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "precious.txt").write_text("mine")
    site = tmp_path / "site"
    fill(site, {"index.html": "a"})
    (site / "downloads").symlink_to(tmp_path / "others")
    with pytest.raises(WebsiteError, match="is a link to somewhere else"):
        fill(site, {"index.html": "b"})
    assert (tmp_path / "others" / "precious.txt").read_text() == "mine"


def test_a_list_that_names_files_elsewhere_removes_none_of_them(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    site = tmp_path / "site"
    fill(site, {"index.html": "a", "old.html": "b"})
    listed = site / ".duckpond-website.json"
    listed.write_text(listed.read_text().replace('"old.html"', '"../victim.txt"'))
    fill(site, {"index.html": "a"})
    assert victim.read_text() == "mine"


def test_a_page_of_the_front_that_an_unfinished_build_left_goes(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        end_early(tmp_path, {"index.html": "a", "downloads.html": "b"})
    fill(tmp_path, {"index.html": "a"})
    assert texts(tmp_path) == {"index.html": "a"}
