"""A pond, its resources and Dagster's home in one folder, used through the real command."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from pond_core import EntryType, Pond, Snapshot
from pond_pipeline.build import build_definitions
from pond_pipeline.cli.entry import pond as pond_command
from pond_pipeline.config import read_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.periods import Period
from pond_pipeline.plan import compile_plan
from pond_pipeline.runs.tags import span_tags

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

    def process(self, *args: str) -> "subprocess.Popen[bytes]":
        """Start `pond run` in a process of its own."""
        code = "from pond_pipeline.cli import main; main()"
        options = f"--pond {self.pond} run -f {self.file} --home {self.home}".split()
        return subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-W", "ignore", "-c", code, *options, *args],
            cwd=Path(__file__).parents[2],
            env={**LOOPBACK, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def dagster(self) -> Iterator[tuple[dg.Definitions, dg.DagsterInstance]]:
        """Open what the UI and the daemon see."""
        root = self.file.absolute().parent
        plan = compile_plan(read_documents(self.file), root=root)
        definitions = build_definitions(plan, root=root, pond=self.pond.absolute())
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"DAGSTER_HOME": "", **LOOPBACK, **self.environ}.items():
                patch.setenv(name, value)
            with open_instance(self.home) as instance:
                yield definitions, instance

    def execute(
        self, job: str, *months: Period, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run a job of the UI in this process, over months without a gap."""
        with self.dagster() as (definitions, instance):
            return definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                tags={**span_tags(months), **(tags or {})},
                raise_on_error=False,
            )

    def snapshot(self) -> Snapshot:
        """Return the pond as it is."""
        return Pond.open(self.pond).snapshot()

    def series(self, path: str) -> pa.Table:
        """Return all of a series."""
        return self.snapshot().read_series(path)

    def content(self) -> dict[str, object]:
        """Return all that the pond holds, but for when readings were fetched.

        What was applied has an id of its own in each pond.
        """
        snapshot = self.snapshot()
        found: dict[str, object] = {}
        nodes = (node for node in snapshot.walk("/") if not node.path.startswith("/sys/"))
        for node in nodes:
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
