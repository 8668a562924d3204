"""A pond, its resources and Dagster's home in one folder, used through the real command."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
from click.testing import CliRunner, Result

from pond_core import EntryType, Pond, Snapshot
from pond_pipeline.cli.entry import pond as pond_command

LOOPBACK = {"NO_PROXY": "127.0.0.1,localhost"}


@dataclass(frozen=True, slots=True)
class Lake:
    """One installation.

    Attributes:
        folder: Where the pond and Dagster's home are.
        file: The resources.
        environ: What the environment of each command holds.
    """

    folder: Path
    file: Path
    environ: Mapping[str, str]

    @property
    def pond(self) -> Path:
        return self.folder / "pond"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def command(self, *args: str) -> Result:
        """Run any `pond` command in this process."""
        line = ["--pond", str(self.pond), *args]
        return CliRunner().invoke(pond_command, line, env={**LOOPBACK, **self.environ})

    def run(self, *args: str) -> Result:
        """Run `pond run` in this process."""
        return self.command("run", "-f", str(self.file), "--home", str(self.home), *args)

    def complete(self, *args: str) -> set[str]:
        """Run `pond run`, which must succeed; return the paths of what was written."""
        result = self.run(*args, "--json")
        assert result.exit_code == 0, result.stderr
        changed: list[str] = json.loads(result.stdout)["changed"]
        return set(changed)

    def process(self) -> "subprocess.Popen[bytes]":
        """Start `pond run` in a process of its own."""
        code = "from pond_pipeline.cli import main; main()"
        options = f"--pond {self.pond} run -f {self.file} --home {self.home}".split()
        return subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-W", "ignore", "-c", code, *options],
            cwd=Path(__file__).parents[2],
            env={**LOOPBACK, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def snapshot(self) -> Snapshot:
        """Return the pond as it is."""
        return Pond.open(self.pond).snapshot()

    def series(self, path: str) -> pa.Table:
        """Return all of a series."""
        return self.snapshot().read_series(path)

    def content(self) -> dict[str, object]:
        """Return all that the pond holds, but for when readings were fetched."""
        snapshot = self.snapshot()
        found: dict[str, object] = {}
        for node in snapshot.walk("/"):
            match node.entry_type:
                case EntryType.SERIES:
                    table = node.read_series()
                    kept = [name for name in table.column_names if name != "fetched_at"]
                    found[node.path] = table.select(kept)
                case EntryType.TABLE:
                    found[node.path] = node.read_table()
                case EntryType.DATA:
                    found[node.path] = node.read_bytes()
                case EntryType.DIRECTORY | EntryType.SYMLINK:
                    continue
        return found

    def copy(self, folder: Path) -> "Lake":
        """Return a copy of the installation that can go on by itself."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return replace(self, folder=folder)


def assert_same(found: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    """Check that two ponds hold the same, metadata of columns included."""
    assert sorted(found) == sorted(wanted)
    for path, value in wanted.items():
        other = found[path]
        if isinstance(value, pa.Table):
            assert isinstance(other, pa.Table)
            assert other.schema.equals(value.schema, check_metadata=True), path
            assert other.equals(value), path
        else:
            assert other == value, path
