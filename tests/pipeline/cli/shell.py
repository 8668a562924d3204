"""A person at a prompt, and a small pond to look at."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from click.testing import CliRunner, Result

from pond_core import Pond, Provenance, Transaction, Window
from pond_pipeline.cli.entry import pond as pond_command
from pond_pipeline.periods import Period
from pond_pipeline.record import SeriesUpdate, Slice, record

HOUR_US = 3_600_000_000
STATION = "/raw/noyo/Station"
HOSTILE = "two\nlines\x1b[31mred"
TEMPERATURE = pa.field("Temperature.C", pa.float64(), metadata={"unit": "C", "parameter": "1"})


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs `pond` in this process, or in one of its own.

    Attributes:
        pond: What `--pond` says.
        directory: Where one's own processes run.
    """

    pond: Path
    directory: Path

    def run(self, *args: str | Path) -> Result:
        """Run a command in this process."""
        line = ["--pond", str(self.pond), *map(str, args)]
        return CliRunner().invoke(pond_command, line)

    def out(self, *args: str | Path) -> str:
        """Return what a command that succeeds prints on stdout."""
        result = self.run(*args)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    def value(self, *args: str | Path) -> object:
        """Return what a command prints with `--json`: one document."""
        value: object = json.loads(self.out(*args, "--json"))
        return value

    def row(self, *args: str | Path) -> dict[str, object]:
        """Return what a command prints with `--json`, if it is one object."""
        value = self.value(*args)
        assert isinstance(value, dict)
        return value

    def rows(self, *args: str | Path) -> list[dict[str, object]]:
        """Return what a command prints with `--json`, if it is an array of objects."""
        value = self.value(*args)
        assert isinstance(value, list)
        return value

    def start(
        self,
        *args: str,
        before: str = "pass",
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> "subprocess.Popen[str]":
        """Start a command in a process of its own.

        Args:
            args: The command.
            before: A Python statement that the process begins with.
            stdout: Where its data goes.
            stderr: Where its talk goes.
        """
        code = f"{before}\nfrom pond_pipeline.cli import main; main()"
        return subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-c", code, "--pond", str(self.pond), *args],
            stdout=stdout,
            stderr=stderr,
            text=True,
            cwd=self.directory,
        )

    def on_terminal(self, *args: str) -> tuple[int, str]:
        """Run a command on a terminal of its own; return its exit code and what is on the screen.

        Stderr is not on that terminal.
        """
        ours, theirs = pty.openpty()
        with self.start(*args, stdout=theirs) as process:
            os.close(theirs)
            screen = b"".join(iter(lambda: _read(ours), b""))
            process.communicate()
        os.close(ours)
        return process.returncode, screen.decode()

    def watched(self, *args: str) -> tuple[str, str]:
        """Return what a command prints, and what a terminal gets to see that is its stderr."""
        ours, theirs = pty.openpty()
        terminal = "import os; os.environ |= {'TERM': 'xterm', 'COLUMNS': '80'}"
        with self.start(*args, before=terminal, stderr=theirs) as process:
            os.close(theirs)
            screen = b"".join(iter(lambda: _read(ours), b""))
            printed, _ = process.communicate()
        os.close(ours)
        assert process.returncode == 0, screen
        return printed, screen.decode()


def build_pond(path: Path) -> Pond:
    """Make a pond of three transactions.

    Txn 1: the series `STATION`, 4 hourly readings in November and 2 in December 2024, recorded by
    month (one transaction each). Txn 3: a table, data files and a symlink.
    """
    pond = Pond.init(path, durability="process")
    with pond.transaction(Provenance(author="setup", message="directories")) as tx:
        tx.mkdir("/raw/noyo", parents=True)
    months = [Period.parse("2024-11"), Period.parse("2024-12")]
    batches = [[_slice(month, rows)] for month, rows in zip(months, (4, 2), strict=True)]
    made = Provenance(author="test", message="pull", run_id="run-1")
    list(record(pond, STATION, SeriesUpdate(batches), provenance=made))
    with pond.transaction(Provenance(author="setup", message="files")) as tx:
        _fill(tx)
    return pond


def readings(start: datetime, values: Sequence[float | None]) -> pa.Table:
    """Return hourly readings."""
    start_us = Window.of(start).start_us or 0
    times = pa.array([start_us + i * HOUR_US for i in range(len(values))])
    schema = pa.schema(
        [pa.field("timestamp", pa.timestamp("us", "UTC"), nullable=False), TEMPERATURE]
    )
    return pa.table([times.cast(pa.timestamp("us", "UTC")), pa.array(values, pa.float64())], schema)


def at(text: str) -> datetime:
    """Return an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _slice(month: Period, rows: int) -> Slice:
    table = readings(month.start, [10.0 + i for i in range(rows)])
    return Slice(month, table, span=month.window, reach=(month.window,))


def _fill(tx: Transaction) -> None:
    tx.write_table("/units", pa.table({"id": [1, 2], "name": ["°C", "psi"]}))
    tx.mkdir("/files")
    tx.write_data("/files/note.txt", b"hello\n")
    tx.write_data("/files/blob", b"\x00\xff")
    tx.write_data(f"/files/{HOSTILE}", b"")
    tx.symlink("/files/here", "note.txt")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # Linux says so when the other side has hung up
        return b""
