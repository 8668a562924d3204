"""Any text is a path that leads where it says, or is refused before anything is made."""

import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import assume, example, given, settings

from pond_core import FS, EntryType, InvalidPathError, MemoryBackend, PondError
from pond_core.tinyfs import path as paths
from tests.fuzz.conftest import RoundTrip

ANY_TEXT = st.text(max_size=40) | st.text(st.sampled_from("./\0a\u0301é\ud800\u202e \n*[~"))
LEGIBLE = st.characters(exclude_categories=["Cs"], exclude_characters="/\0")
NAMES = st.text(LEGIBLE, min_size=1, max_size=20).filter(lambda name: name not in {".", ".."})


def is_name(text: str) -> bool:
    """Say what rule 1.3 says, in other words."""
    try:
        size = len(unicodedata.normalize("NFC", text).encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= 255 and not {"/", "\0"} & set(text) and text not in {".", ".."}


@given(name=ANY_TEXT)
@settings(max_examples=300)
@example(name="é" * 127 + "a")
@example(name="é" * 128)
@example(name="e\u0301" * 127)
@example(name="a" * 10_000)
@example(name="\udcff")
@example(name="\u212b")  # an Ångström sign, which NFC makes an Å
def test_a_name_is_kept_in_nfc_or_refused(name: str) -> None:
    fs = FS(MemoryBackend())
    assume(name.strip("./"))
    if is_name(name):
        fs.write_data(f"/{name}", b"x")
        assert [node.name for node in fs.ls()] == [unicodedata.normalize("NFC", name)]
        assert fs.read_data(f"/{name}") == b"x"
    elif "/" not in name:
        with pytest.raises(InvalidPathError) as info:
            fs.write_data(f"/{name}", b"x")
        assert len(str(info.value)) < 400
        assert fs.ls() == []


@given(path=ANY_TEXT)
@settings(max_examples=300)
@example(path="/" + "../" * 5)
@example(path="a" + "/.." * 2)
@example(path="//a///./b/../c//")
@example(path="a/" * 5_000)
@example(path="")
def test_a_canonical_path_is_its_own_canonical_form(path: str) -> None:
    try:
        canonical = paths.resolve(path, "/base")
    except InvalidPathError as error:
        assert error.path == path  # noqa: PT017 -- both ways are right
    else:
        assert paths.resolve(canonical) == canonical
        assert canonical == "/" + "/".join(paths.parts(canonical))
        assert all(is_name(name) for name in paths.parts(canonical))


@given(path=ANY_TEXT)
@settings(max_examples=200)
def test_no_text_makes_a_method_fail_otherwise_than_it_says(path: str) -> None:
    fs = FS(MemoryBackend())
    fs.write_data("/a", b"")
    for act in (
        fs.exists,
        fs.lookup,
        fs.read_data,
        fs.ls,
        fs.cd,
        fs.remove,
        lambda p: list(fs.glob(p)),
        lambda p: fs.symlink("/link", p),
        lambda p: fs.rename("/a", p),
        lambda p: fs.mkdir(p, parents=True),
    ):
        try:
            act(path)
        except PondError as error:
            assert str(error)  # noqa: PT017 -- both ways are right


@given(names=st.lists(NAMES, min_size=1, max_size=4))
@settings(max_examples=25)
@example(names=["é" * 127 + "b"] * 4)
@example(names=[" ", "..a", ".a", "a."])
@example(names=["\U0010ffff", "\ufeff", "\u202eab"])
@example(names=["CON", "a:b", "a\\b", "%2F", "a\nb"])
def test_names_of_any_kind_are_kept_for_good(through: RoundTrip, names: list[str]) -> None:
    path = "/".join(names)

    def write(fs: FS, directory: str) -> None:
        if len(names) > 1:
            fs.mkdir(f"{directory}/{path.rpartition('/')[0]}", parents=True)
        fs.write_data(f"{directory}/{path}", path.encode())
        fs.symlink(f"{directory}/to it", f"./{path}")

    fs, directory = through(write)
    assert fs.read_data(f"{directory}/{path}") == path.encode()
    if "to it" not in {unicodedata.normalize("NFC", name) for name in names}:
        assert fs.read_data(f"{directory}/to it") == path.encode()
    walked = [node.path for node in fs.walk(directory) if node.entry_type is EntryType.DATA]
    assert walked == [unicodedata.normalize("NFC", f"{directory}/{path}")]


def test_two_spellings_of_one_name_are_one_file(through: RoundTrip) -> None:
    def write(fs: FS, directory: str) -> None:
        fs.write_data(f"{directory}/e\u0301", b"first")
        fs.write_data(f"{directory}/é", b"second")

    fs, directory = through(write)
    assert [(node.name, node.read_bytes()) for node in fs.ls(directory)] == [("é", b"second")]
