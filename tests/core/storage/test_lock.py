"""One at a time: threads, processes, and whoever comes after a dead one."""

import errno
import fcntl
import multiprocessing
import os
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from pond_core.errors import LockError, StorageError
from pond_core.storage import exclusive


def count_up(lock: Path, counter: Path, times: int) -> None:
    """Add one to a number in a file; without the lock, steps of others get lost."""
    for _ in range(times):
        with exclusive(lock):
            counter.write_text(str(int(counter.read_text()) + 1))


def take_and_die(lock: Path, taken: Event) -> None:
    with exclusive(lock):
        taken.set()
        os._exit(9)


def test_threads_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    threads = [
        threading.Thread(target=count_up, args=(tmp_path / "lock", counter, 50)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.read_text() == "200"


def test_processes_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=count_up, args=(tmp_path / "lock", counter, 100)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert counter.read_text() == "200"


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    taken = spawn.Event()
    process = spawn.Process(target=take_and_die, args=(tmp_path / "lock", taken))
    process.start()
    process.join()
    assert (process.exitcode, taken.is_set()) == (9, True)
    with exclusive(tmp_path / "lock"):
        pass


def test_an_error_inside_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), exclusive(tmp_path / "lock"):
        raise KeyError
    with exclusive(tmp_path / "lock"):
        pass


def test_a_file_system_that_cannot_lock_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _how: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(LockError, match="this file system cannot lock") as info,
        exclusive(tmp_path / "lock"),
    ):
        pass
    assert info.value.hint == "keep the pond on a local disk"


def test_a_lock_in_a_missing_place_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone"), exclusive(tmp_path / "gone" / "lock"):
        pass
