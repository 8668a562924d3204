from pathlib import Path

import pytest

from pond_pipeline.file_watch import FileWatch


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "resources.yaml"
    path.write_text("a")
    return path


def test_what_was_there_first_is_no_change(file: Path) -> None:
    watch = FileWatch(file)
    assert [watch.has_changed(), watch.has_changed()] == [False, False]


def test_a_change_is_told_once_and_when_the_file_is_at_rest(file: Path) -> None:
    watch = FileWatch(file)
    file.write_text("half")
    assert not watch.has_changed()
    file.write_text("half and the rest")
    assert not watch.has_changed()
    assert watch.has_changed()
    assert not watch.has_changed()


def test_an_editor_that_puts_a_new_file_in_its_place_is_noticed(file: Path) -> None:
    watch = FileWatch(file)
    other = file.with_name("new")
    other.write_text("b")
    other.replace(file)
    assert [watch.has_changed(), watch.has_changed()] == [False, True]


def test_a_file_that_goes_and_comes_has_changed_twice(file: Path) -> None:
    watch = FileWatch(file)
    file.unlink()
    assert [watch.has_changed(), watch.has_changed()] == [False, True]
    file.write_text("a")
    assert [watch.has_changed(), watch.has_changed()] == [False, True]


def test_each_of_several_files_is_looked_at(file: Path) -> None:
    page = file.with_name("page.md")
    watch = FileWatch(file, page)
    page.write_text("a")
    assert [watch.has_changed(), watch.has_changed(), watch.has_changed()] == [False, True, False]


def test_what_was_not_told_of_a_file_is_told_though_another_one_is_looked_at_beside_it(
    file: Path,
) -> None:
    watch, page = FileWatch(file), file.with_name("page.md")
    file.write_text("other")
    page.write_text("a")
    watch.look_at([file, page])
    assert [watch.has_changed(), watch.has_changed(), watch.has_changed()] == [False, True, False]
