"""Which pond an instance is of, and where it may be used."""

import importlib.metadata
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import fsspec
import pytest

from pond_core import DataError, NotAPondError, Pond, PondFileSystem


def make_pond(place: Path, text: bytes) -> Path:
    with Pond.init(place, durability="process").transaction() as tx:
        tx.write_data("/which", text)
    return place


def which(**options: object) -> bytes:
    found: bytes = fsspec.filesystem("pond", **options).cat("/which")
    return found


def test_the_pond_is_the_option_s_else_the_environment_s_else_the_working_directory_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pond(tmp_path / ".pond", b"default")
    make_pond(tmp_path / "named", b"environment")
    monkeypatch.chdir(tmp_path)
    assert which() == b"default"
    monkeypatch.setenv("POND", "named")
    assert which() == b"environment"
    assert which(path=".pond") == b"default"
    monkeypatch.chdir(make_pond(tmp_path / "named" / "deeper" / ".pond", b"deeper").parent)
    assert which(path=".pond") == b"deeper"


def test_fsspec_s_own_configuration_may_name_the_pond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_pond(tmp_path / "configured", b"configuration")
    monkeypatch.setitem(fsspec.config.conf, "pond", {"path": str(place)})
    assert which() == b"configuration"


def test_a_url_is_opened_in_the_pond_of_its_options(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_data("/note", b"here")
    with fsspec.open("pond:///note", path=pond.path) as file:
        assert file.read() == b"here"


def test_instances_with_the_same_options_are_one(place: Path, mounted: PondFileSystem) -> None:
    same = PondFileSystem(str(place), durability="process")
    assert same is mounted
    assert PondFileSystem(place, durability="process", as_of=0) is not mounted


@pytest.mark.parametrize(
    ("options", "hint"),
    [({"asof": 1}, "did you mean as_of?"), ({"frob": 1}, "there are path, as_of, durability")],
)
def test_an_option_that_there_is_not_is_refused(
    pond: Pond, options: dict[str, object], hint: str
) -> None:
    with pytest.raises(DataError, match=f"no option '{next(iter(options))}'") as caught:
        fsspec.filesystem("pond", path=pond.path, **options)
    assert caught.value.hint == hint


def test_where_there_is_no_pond_the_first_call_says_so(tmp_path: Path) -> None:
    mounted = PondFileSystem(tmp_path / "nowhere")
    for call in (mounted.exists, mounted.ls, mounted.info):
        with pytest.raises(NotAPondError, match="nowhere"):
            call("/note")


def test_an_instance_names_its_pond(pond: Pond, mounted: PondFileSystem) -> None:
    assert mounted.fsid == f"pond-{pond.id}"
    assert mounted.unstrip_protocol("/combined") == "pond:///combined"


def test_a_pickled_instance_is_of_the_same_pond_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pond(tmp_path / "here", b"here")
    monkeypatch.chdir(tmp_path)
    pickled = pickle.dumps(PondFileSystem("here"))
    monkeypatch.chdir(tmp_path.parent)
    PondFileSystem.clear_instance_cache()
    assert pickle.loads(pickled).cat("/which") == b"here"  # noqa: S301 -- our own bytes
    assert fsspec.AbstractFileSystem.from_json(PondFileSystem(tmp_path / "here").to_json())


def test_threads_may_share_an_instance(pond: Pond, mounted: PondFileSystem) -> None:
    found: list[str] = []

    def work(number: int) -> None:
        for each in range(5):
            path = f"/{number}/{each}"
            mounted.pipe(path, path.encode())
            found.append(mounted.cat(path).decode())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == mounted.find("/")
    assert pond.snapshot().txn == 20


def _ask(mounted: PondFileSystem, answer: "multiprocessing.SimpleQueue[str]") -> None:
    for ask in (lambda: mounted.cat("/which"), lambda: which(path=mounted.session.pond.path)):
        try:
            answer.put(repr(ask()))
        except Exception as exc:  # noqa: BLE001 -- what it is, is the answer
            answer.put(type(exc).__name__)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Python too advises against fork
def test_a_forked_process_is_told_that_it_may_not(tmp_path: Path) -> None:
    mounted = PondFileSystem(make_pond(tmp_path / "pond", b"parent"))
    assert mounted.cat("/which") == b"parent"
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()
    process = context.Process(target=_ask, args=(mounted, answer))
    process.start()
    process.join()
    assert [answer.get(), answer.get()] == ["ClosedError", "ClosedError"]


def test_another_process_reads_what_this_one_wrote(tmp_path: Path) -> None:
    make_pond(tmp_path / "pond", b"from afar")
    code = (
        "import fsspec, pond_core; fsspec.register_implementation("
        "'pond', pond_core.PondFileSystem, clobber=True);"
        "print(fsspec.open('pond:///which', 'r').open().read())"
    )
    done = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-c", code],
        env={**os.environ, "POND": str(tmp_path / "pond")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "from afar\n"


def test_the_command_does_without_fsspec() -> None:
    code = "import sys, pond_core; print('fsspec' in sys.modules)"
    done = subprocess.run(  # noqa: S603 -- our own Python, our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_fsspec_finds_the_protocol_by_the_entry_point_of_the_package() -> None:
    found = importlib.metadata.entry_points(group="fsspec.specs", name="pond")
    assert [point.value for point in found] == ["pond_core.mount:PondFileSystem"]
    assert fsspec.get_filesystem_class("pond") is PondFileSystem
