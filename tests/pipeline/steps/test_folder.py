import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pond_core import LARGEST_BYTES, SETTLE, SKEW
from pond_pipeline.errors import SourceError
from pond_pipeline.steps.folder import Listing, list_folder, read_seen
from tests.pipeline.steps.exports import NOW, age, put

COMPOSED, DECOMPOSED = "Caf\u00e9.csv", "Cafe\u0301.csv"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def closed(inbox: Path) -> Iterator[Path]:
    """A folder that this user may not read."""
    folder = inbox / "closed"
    folder.mkdir()
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


needs_rights = pytest.mark.skipif(os.getuid() == 0, reason="this user may read everything")


def listed(inbox: Path, pattern: str = "*.csv") -> Listing:
    return list_folder(inbox / pattern, now=NOW)


def set_time(file: Path, *, after: timedelta) -> None:
    """Say that a file changed so long after the look, or before it."""
    instant = (NOW + after).timestamp()
    os.utime(file, (instant, instant))


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.csv", ["a.csv", "b.csv"]),
        ("a.*", ["a.csv", "a.txt"]),
        ("?.csv", ["a.csv", "b.csv"]),
        ("[ac].csv", ["a.csv"]),
        ("A.csv", []),
        ("deep/*.csv", ["c.csv"]),
        ("*/*.csv", ["deep/c.csv"]),
        ("**/*.csv", ["a.csv", "b.csv", "deep/c.csv", "deep/er/d.csv"]),
        ("**/er/*", ["deep/er/d.csv"]),
        ("**", ["a.csv", "a.txt", "b.csv", "deep/c.csv", "deep/er/d.csv"]),
        ("*", ["a.csv", "a.txt", "b.csv"]),
    ],
)
def test_a_glob_means_these_files(inbox: Path, pattern: str, wanted: list[str]) -> None:
    for name in ("a.csv", "a.txt", "b.csv", "deep/c.csv", "deep/er/d.csv"):
        put(inbox, name, "x")
    listing = listed(inbox, pattern)
    assert list(listing.files) == wanted
    assert (dict(listing.problems), listing.waiting) == ({}, ())


def test_the_folder_itself_may_be_reached_through_a_symlink(inbox: Path) -> None:
    put(inbox, "a.csv", "x")
    link = inbox.parent / "link"
    link.symlink_to(inbox)
    assert list(listed(link).files) == ["a.csv"]


@pytest.mark.parametrize(
    "name",
    [
        ".a.csv",
        ".a.csv.Xy12ab",
        ".syncthing.a.csv.tmp",
        "~$a.csv",
        "~syncthing~a.csv.tmp",
        "a.csv~",
        "a.csv.part",
        "a.csv.partial",
        "a.csv.filepart",
        "a.csv.crdownload",
        "a.csv.tmp",
        "A.CSV.TMP",
    ],
)
def test_what_is_unfinished_by_its_name_is_passed_over(inbox: Path, name: str) -> None:
    put(inbox, name, "x")
    assert listed(inbox, "*") == Listing()


def test_hidden_folders_are_passed_over(inbox: Path) -> None:
    put(inbox, ".stversions/a.csv", "x")
    assert listed(inbox, "**/*.csv") == listed(inbox, "*/*.csv") == Listing()


@pytest.mark.parametrize("ago", [timedelta(0), SETTLE / 2])
def test_a_file_that_changed_a_moment_ago_waits(inbox: Path, ago: timedelta) -> None:
    set_time(put(inbox, "a.csv", "x"), after=-ago)
    assert listed(inbox) == Listing(waiting=("a.csv",))


def test_a_file_that_has_settled_is_taken(inbox: Path) -> None:
    set_time(put(inbox, "a.csv", "x"), after=-SETTLE)
    assert list(listed(inbox).files) == ["a.csv"]


def test_a_file_of_a_server_whose_clock_is_a_little_ahead_waits(inbox: Path) -> None:
    set_time(put(inbox, "a.csv", "x"), after=SKEW / 2)
    assert listed(inbox).waiting == ("a.csv",)


def test_a_file_from_the_far_future_is_not_waited_for(inbox: Path) -> None:
    set_time(put(inbox, "a.csv", "x"), after=timedelta(days=10_000))
    assert list(listed(inbox).files) == ["a.csv"]


def test_a_file_that_waits_does_not_change_the_digest_until_it_is_taken(inbox: Path) -> None:
    put(inbox, "a.csv", "x")
    before = listed(inbox).digest()
    new = put(inbox, "b.csv", "x")
    set_time(new, after=timedelta(0))
    assert listed(inbox).digest() == before
    age(new)
    assert listed(inbox).digest() != before


@pytest.mark.parametrize("change", ["size", "time", "inode", "name"])
def test_each_part_of_a_stamp_changes_the_digest(inbox: Path, change: str) -> None:
    file = put(inbox, "a.csv", "x")
    status, before = file.stat(), listed(inbox).digest()
    match change:
        case "size":
            file.write_text("xy")
        case "inode":
            (inbox / "other").write_text("y")
            (inbox / "other").rename(file)
        case "name":
            file = file.rename(inbox / "b.csv")
        case _:
            assert change == "time"
    later = 1 if change == "time" else 0
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + later))
    assert listed(inbox).digest() != before


def test_a_symlink_is_told_and_not_followed(inbox: Path) -> None:
    secret = put(inbox.parent, "secret.csv", "x")
    put(inbox, "a.csv", "x")
    (inbox / "b.csv").symlink_to(secret)
    (inbox / "gone.csv").symlink_to(inbox / "nowhere")
    listing = listed(inbox)
    assert list(listing.files) == ["a.csv"]
    assert list(listing.problems) == ["b.csv", "gone.csv"]
    assert "symlink" in listing.problems["b.csv"]


def test_a_symlink_to_a_folder_is_told_and_not_followed(inbox: Path) -> None:
    put(inbox.parent / "elsewhere", "a.csv", "x")
    (inbox / "deep").symlink_to(inbox.parent / "elsewhere")
    for pattern in ("**/*.csv", "*/*.csv"):
        listing = listed(inbox, pattern)
        assert (dict(listing.files), list(listing.problems)) == ({}, ["deep"])


def test_a_folder_that_is_named_like_a_file_is_told(inbox: Path) -> None:
    put(inbox, "a.csv", "x")
    (inbox / "b.csv").mkdir()
    listing = listed(inbox)
    assert (list(listing.files), list(listing.problems)) == (["a.csv"], ["b.csv"])


def test_a_pipe_is_told(inbox: Path) -> None:
    os.mkfifo(inbox / "a.csv")
    assert "pipe" in listed(inbox).problems["a.csv"]


def test_a_name_that_is_not_utf_8_is_told_as_it_can_be_shown(inbox: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(inbox) + b"/a\xff.csv")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    assert "UTF-8" in listed(inbox).problems["a\\xff.csv"]


def test_a_name_with_control_characters_is_told_as_it_can_be_shown(inbox: Path) -> None:
    put(inbox, "a\n\x1b[2J.csv", "x")
    assert "control" in listed(inbox).problems["a\\n\\x1b[2J.csv"]


def test_a_name_is_kept_in_nfc(inbox: Path) -> None:
    put(inbox, DECOMPOSED, "x")
    assert list(listed(inbox).files) == [COMPOSED]
    assert list(listed(inbox, DECOMPOSED).files) == [COMPOSED]


def test_two_files_that_a_pond_would_call_the_same_are_told_and_neither_is_taken(
    inbox: Path,
) -> None:
    put(inbox, COMPOSED, "x")
    put(inbox, DECOMPOSED, "y")
    if len(list(inbox.iterdir())) == 1:
        pytest.skip("this file system takes them for one")
    listing = listed(inbox)
    assert (dict(listing.files), list(listing.problems)) == ({}, [COMPOSED])


def test_a_file_that_is_too_large_is_told(inbox: Path) -> None:
    file = put(inbox, "a.csv", "x")
    os.truncate(file, LARGEST_BYTES + 1)
    age(file)
    assert "512 MiB are the most" in listed(inbox).problems["a.csv"]


@needs_rights
def test_a_folder_below_that_cannot_be_read_is_told(inbox: Path, closed: Path) -> None:
    put(inbox, "a.csv", "x")
    listing = listed(inbox, "**/*.csv")
    assert (list(listing.files), list(listing.problems)) == (["a.csv"], [closed.name])


@needs_rights
def test_a_folder_that_cannot_be_read_is_an_error(closed: Path) -> None:
    with pytest.raises(SourceError, match="closed"):
        listed(closed)


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no folder .*inbox") as caught:
        listed(tmp_path / "inbox")
    assert "mount" in caught.value.hint


def test_a_file_reads_as_it_was_seen(inbox: Path) -> None:
    put(inbox, "a.csv", "hello")
    assert read_seen(listed(inbox).files["a.csv"]) == b"hello"


def test_a_file_that_changed_since_it_was_seen_is_not_read(inbox: Path) -> None:
    file = put(inbox, "a.csv", "hello")
    seen = listed(inbox).files["a.csv"]
    with file.open("a") as more:
        more.write(" world")
    assert read_seen(seen) is None


def test_a_file_that_is_gone_since_it_was_seen_is_not_read(inbox: Path) -> None:
    file = put(inbox, "a.csv", "hello")
    seen = listed(inbox).files["a.csv"]
    file.unlink()
    assert read_seen(seen) is None


def test_a_symlink_that_took_a_file_s_place_is_not_followed(inbox: Path) -> None:
    file = put(inbox, "a.csv", "hello")
    seen = listed(inbox).files["a.csv"]
    file.rename(inbox / "b")
    file.symlink_to(inbox / "b")
    with pytest.raises(OSError, match=r"a\.csv"):
        read_seen(seen)


def test_a_pipe_that_took_a_file_s_place_is_not_waited_for(inbox: Path) -> None:
    file = put(inbox, "a.csv", "hello")
    seen = listed(inbox).files["a.csv"]
    file.unlink()
    os.mkfifo(file)
    assert read_seen(seen) is None


@pytest.mark.parametrize("pattern", ["/", "/data/*/../x.csv", "/data/**/.."])
def test_a_pattern_that_can_mean_no_file_is_an_error(pattern: str) -> None:
    with pytest.raises(SourceError, match="means no files") as caught:
        list_folder(Path(pattern), now=NOW)
    assert caught.value.hint == "end `pattern` as in inbox/*.csv, without '..' in its end"


def test_a_pattern_that_names_a_folder_says_how_its_files_are_meant(inbox: Path) -> None:
    problems = list_folder(inbox, now=NOW).problems

    assert "end `pattern` with /*" in problems["inbox"]
