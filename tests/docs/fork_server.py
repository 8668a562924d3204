"""A `pond` that costs a test milliseconds: processes forked from one that has imported all.

A `pond` of its own spends a second of the processor on imports, and the documentation has two
hundred. `start` puts a `pond` into a folder that passes its arguments, environment, folder, stdin,
stdout and stderr to a server by a socket; the server forks, and the child does what `pond` does. So
pipes, exit codes and Ctrl-C are those of a process of its own.
"""

import atexit
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from pond_pipeline.cli.entry import COMMANDS, main

BEHIND = "POND_CLOCK_BEHIND"
"""A variable of the environment: by how many seconds the clock of transactions is behind."""

_ROOT = Path(__file__).parents[2]

# Without `site` and what the environment says of Python, it begins in 10 ms.
_CLIENT = """\
#!{python} -ISu
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(told).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(told)
    answers = server.makefile()
    process = int(answers.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(process, number))
    code = int(answers.readline())
sys.exit(code)
"""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """Have a `pond` in a folder, which belongs on `PATH`."""
    # Where names are short: one of a socket has 104 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="pond-") as short,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        place = f"{short}/socket"
        listening.bind(place)
        listening.listen()
        process = subprocess.Popen(  # noqa: S603 -- this file
            [
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "tests.docs.fork_server",
                str(listening.fileno()),
            ],
            pass_fds=[listening.fileno()],
            cwd=_ROOT,
        )
        client = folder / "pond"
        client.write_text(_CLIENT.format(python=sys.executable, socket=place))
        client.chmod(0o755)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def _serve(listening: socket.socket) -> NoReturn:
    for module, _ in COMMANDS.values():
        importlib.import_module(f"pond_pipeline.cli.{module}")
    for module in ("pipeline", "syncing", "through_dagster"):  # what Dagster is imported by, lazily
        importlib.import_module(f"pond_pipeline.cli.{module}")
    gc.freeze()  # children that collect garbage would copy all of it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _answer(connection)
        connection.close()


def _answer(connection: socket.socket) -> NoReturn:
    """Run a command in a child, and tell its client how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(connection, 4, 3)
    with connection.makefile("rb") as told:
        argv, folder, environ = json.loads(told.read(int.from_bytes(size, "big")))
    process = os.fork()
    if process == 0:
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        _set_clock(int(environ.get(BEHIND, "0")))
        sys.argv = ["pond", *argv]
        _do()
    for stream in streams:
        os.close(stream)
    connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _set_clock(behind_s: int) -> None:
    now_ns = time.time_ns
    time.time_ns = lambda: now_ns() - behind_s * 10**9


def _do() -> NoReturn:
    """Do what `pond` does, and end without taking Python apart, which costs a second."""
    code: object = 1
    try:
        main()
    except SystemExit as exc:
        code = exc.code
    except BaseException:  # noqa: BLE001 -- the outermost point
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
