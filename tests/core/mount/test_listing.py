"""What is there: listings, facts, searches."""

import math

import pyarrow as pa
import pytest

from pond_core import ALWAYS, InvalidPathError, Pond, PondFileSystem, SymlinkLoopError, from_us
from tests.core.mount.conftest import readings


@pytest.fixture
def filled(pond: Pond) -> Pond:
    with pond.transaction() as tx:
        tx.mkdir("/combined/harbor", parents=True)
        tx.write_window("/combined/harbor/Basin", readings(5), ALWAYS)
        tx.write_table("/combined/units", pa.table({"unit": ["m"]}))
        tx.write_data("/note", b"12345")
        tx.symlink("/latest", "combined/harbor/Basin")
        tx.symlink("/combined/up", "..")
        tx.symlink("/lost", "nowhere")
        tx.symlink("/circle", "circle")
    return pond


@pytest.mark.usefixtures("filled")
def test_a_listing_is_sorted_and_says_what_is_what(mounted: PondFileSystem) -> None:
    shown = {info["name"]: (info["type"], info["size"]) for info in mounted.ls("/")}
    assert shown == {
        "/circle": ("link", None),
        "/combined": ("directory", 0),
        "/latest": ("file", None),
        "/lost": ("link", None),
        "/note": ("file", 5),
    }
    assert mounted.ls("/", detail=False) == list(shown)


@pytest.mark.usefixtures("filled")
def test_a_listing_of_a_file_is_itself(mounted: PondFileSystem) -> None:
    assert mounted.ls("/note") == [mounted.info("/note")]


@pytest.mark.usefixtures("filled")
def test_info_gives_the_exact_size_of_a_series_and_listings_know_it_from_then_on(
    mounted: PondFileSystem,
) -> None:
    path = "/combined/harbor/Basin"
    size = mounted.info(path)["size"]
    assert size == len(mounted.cat(path)) == mounted.size(path)
    assert mounted.ls("/combined/harbor")[0]["size"] == size


@pytest.mark.usefixtures("filled")
def test_info_tells_the_entry_type_version_and_txn(mounted: PondFileSystem) -> None:
    mounted.pipe("/note", b"again")
    info = mounted.info("/note")
    assert (info["entry_type"], info["version"], info["txn"]) == ("data", 2, 2)
    assert mounted.info("/combined")["version"] is None


@pytest.mark.usefixtures("filled")
def test_info_of_a_symlink_is_of_what_it_leads_to(mounted: PondFileSystem) -> None:
    info = mounted.info("/latest")
    assert (info["name"], info["type"], info["entry_type"]) == ("/latest", "file", "series")
    assert (info["islink"], info["destination"]) == (True, "combined/harbor/Basin")
    assert mounted.info("/combined/up")["type"] == "directory"


@pytest.mark.usefixtures("filled")
def test_nobody_walks_in_circles(mounted: PondFileSystem) -> None:
    walked = [path for path, _, _ in mounted.walk("/")]
    assert walked == ["/", "/combined", "/combined/harbor"]
    assert mounted.find("/combined") == [
        "/combined/harbor/Basin",
        "/combined/units",
        "/combined/up",
    ]


@pytest.mark.usefixtures("filled")
def test_a_symlink_to_nothing_is_there_only_as_a_symlink(mounted: PondFileSystem) -> None:
    for path in ("/lost", "/circle"):
        assert not mounted.exists(path)
        assert mounted.lexists(path)
    with pytest.raises(FileNotFoundError, match="/lost leads nowhere"):
        mounted.info("/lost")
    with pytest.raises(SymlinkLoopError):
        mounted.info("/circle")


@pytest.mark.usefixtures("filled")
def test_a_path_is_a_file_a_directory_or_nothing(mounted: PondFileSystem) -> None:
    asked = ["/note", "/combined/units", "/latest", "/combined", "/", "/lost", "/x", "/note/x"]
    assert [path for path in asked if mounted.isfile(path)] == asked[:3]
    assert [path for path in asked if mounted.isdir(path)] == asked[3:5]
    assert [path for path in asked if mounted.exists(path)] == asked[:5]


@pytest.mark.parametrize("path", ["/../up", "/a\0b", "/" + "x" * 256, "/\ud800"])
def test_what_is_no_path_does_not_exist(mounted: PondFileSystem, path: str) -> None:
    assert not mounted.exists(path)
    with pytest.raises(InvalidPathError):
        mounted.info(path)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "path", ["pond:///note", "pond://note", "note", "/note/", "//./note", "/combined/../note"]
)
def test_paths_may_be_written_in_several_ways(mounted: PondFileSystem, path: str) -> None:
    assert mounted.cat(path) == b"12345"
    assert mounted.info(path)["name"] == "/note"


def test_a_name_is_one_in_whatever_form_its_letters_are(mounted: PondFileSystem) -> None:
    mounted.pipe("/cafe\u0301", b"1")
    assert mounted.ls("/", detail=False) == ["/caf\u00e9"]
    assert mounted.exists("/cafe\u0301")


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/combined/*", ["/combined/harbor", "/combined/units", "/combined/up"]),
        ("pond:///combined/**/B*", ["/combined/harbor/Basin"]),
        ("/n[a-o]te", ["/note"]),
        ("/combined/*/", ["/combined/harbor"]),
        ("/nothing/*", []),
    ],
)
def test_patterns_are_fsspec_s(mounted: PondFileSystem, pattern: str, found: list[str]) -> None:
    assert [each.rstrip("/") for each in mounted.glob(pattern)] == found


@pytest.mark.usefixtures("filled")
def test_what_a_directory_takes_is_the_sum_of_exact_sizes(mounted: PondFileSystem) -> None:
    sizes = [mounted.size(path) for path in ("/combined/harbor/Basin", "/combined/units")]
    mounted.rm("/combined/up")
    assert mounted.du("/combined") == math.fsum(sizes)


def test_keys_differ_when_the_content_does(filled: Pond, mounted: PondFileSystem) -> None:
    path = "/combined/harbor/Basin"
    before = mounted.ukey(path), mounted.checksum(path), mounted.ukey("/combined/units")
    with filled.transaction() as tx:
        tx.write_window(path, readings(4), ALWAYS)
    after = mounted.ukey(path), mounted.checksum(path), mounted.ukey("/combined/units")
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, False, True]


def test_a_file_was_modified_when_its_content_was_committed(
    filled: Pond, mounted: PondFileSystem
) -> None:
    with filled.transaction() as tx:
        tx.write_data("/later", b"")
    second, first = (from_us(header.ts_us) for header in filled.log())
    assert mounted.modified("/later") == second
    assert mounted.modified("/combined/harbor/Basin") == first
    assert mounted.modified("/combined") == second


def test_an_empty_pond_has_a_root(mounted: PondFileSystem) -> None:
    assert mounted.ls("") == mounted.ls("pond://") == []
    assert mounted.info("/")["type"] == "directory"
    assert mounted.modified("/").tzinfo is not None
