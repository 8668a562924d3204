"""Processes that begin together, each with its own handle on one pond."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event
from typing import Any

import pytest

from pond_core import Pond

_SPAWN = multiprocessing.get_context("spawn")
PATIENCE_S = 300
"""Only a test that hangs ever waits so long."""

_MACHINES = 2
"""Over which the processes of a crew are spread, if the pond is not on a disk of theirs."""

Work = Callable[..., Any]
"""What a process does: it is given a `Stage`, and arguments that can be pickled."""


class Stage:
    """What a process has: the pond, a signal that all begin at, and a line to the test.

    Attributes:
        place: The pond's directory or URL.
        machine: Which machine the process is on: processes of one machine share their copies.
        begin: Wait here until everybody is ready.
        done: Set when the test wants no more.
        line: To the test; what the work returns is sent at its end.
    """

    def __init__(
        self, place: str, machine: int, begin: Barrier, done: Event, line: Connection
    ) -> None:
        self.place = place
        self.machine = machine
        self.begin = begin
        self.done = done
        self.line = line

    def open(self) -> Pond:
        """Open the pond, and wait for the others."""
        pond = Pond.open(self.place, durability="process")
        self.begin.wait(PATIENCE_S)
        return pond


class Member:
    """A process that works on the pond."""

    def __init__(
        self, work: Work, stage: Stage, args: tuple[object, ...], line: Connection
    ) -> None:
        self.line = line
        self.process = _SPAWN.Process(target=_run, args=(work, stage, args), daemon=True)
        self.process.start()

    def receive(self) -> Any:  # noqa: ANN401  # what the work says is its own business
        """Return the next thing that the process says."""
        if not self.line.poll(PATIENCE_S):
            pytest.fail(f"{self.process} says nothing")
        said = self.line.recv()
        if isinstance(said, _Failure):
            raise said.error
        return said


class Crew:
    """The processes of one test."""

    def __init__(self, place: str, size: int) -> None:
        self._place = place
        self.begin = _SPAWN.Barrier(size)
        self.done = _SPAWN.Event()
        self.members: list[Member] = []

    def start(self, work: Work, *args: object) -> Member:
        """Start a process; it begins when as many are ready as the crew has members."""
        ours, theirs = _SPAWN.Pipe()
        machine = len(self.members) % _MACHINES
        stage = Stage(self._place, machine, self.begin, self.done, theirs)
        member = Member(work, stage, args, ours)
        self.members.append(member)
        return member

    def results(self) -> list[Any]:
        """Return what each process returned, in the order in which they were started."""
        return [member.receive() for member in self.members]

    def end(self) -> None:
        """Let everybody go, and see them off."""
        self.done.set()
        for member in self.members:
            member.process.join(5)
            if member.process.is_alive():
                member.process.kill()
                member.process.join(PATIENCE_S)


class _Failure:
    """An error on its way to the test."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def _run(work: Work, stage: Stage, args: tuple[object, ...]) -> None:
    if "POND_CACHE" in os.environ:
        os.environ["POND_CACHE"] += f"-of-machine-{stage.machine}"
    try:
        stage.line.send(work(stage, *args))
    except BaseException as error:  # noqa: BLE001  # the test raises it
        stage.line.send(_Failure(error))


def run_threads(count: int, work: Callable[[int], object]) -> None:
    """Run work in threads that begin together; the first error of one is raised here."""
    errors: list[BaseException] = []
    begin = threading.Barrier(count)

    def run(number: int) -> None:
        try:
            begin.wait(PATIENCE_S)
            work(number)
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    for error in errors:
        raise error
