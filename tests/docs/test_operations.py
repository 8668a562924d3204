"""What `docs/operations.md` and the files beside it say can be taken as it stands."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner

from pond_core import Backups, Pond, SnapshotForgottenError
from pond_pipeline.build import build_definitions
from pond_pipeline.cli.entry import pond as pond_command
from pond_pipeline.config import load_documents
from pond_pipeline.instance import open_instance
from pond_pipeline.plan import Plan, compile_plan
from tests.docs.follower import Follower
from tests.docs.pages import blocks_of
from tests.s3 import server as s3

DOCS = Path(__file__).parents[2] / "docs"
RECIPES = re.findall(
    r"<!-- recipe -->\n```yaml\n(.*?)^```$",
    (DOCS / "operations.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
UNITS = sorted((DOCS / "systemd").glob("duckpond*"))
OWN = {"storage", "concurrency"}
"""What the example for PostgreSQL has of its own; a new home's event log goes with its storage."""


def plan_of(recipe: str, root: Path = Path()) -> Plan:
    return compile_plan(load_documents(recipe), root=root)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_is_a_file_that_can_be_applied(recipe: str) -> None:
    assert plan_of(recipe).steps


def test_every_recipe_changes_the_file() -> None:
    assert len(RECIPES) == 6
    assert all(before != after for before, after in pairwise(RECIPES))


def test_after_a_replacement_the_site_has_one_column_of_both() -> None:
    scopes = {part.scope for part in plan_of(RECIPES[2]).steps[-1].parts}  # type: ignore[union-attr]  # the site is last
    assert scopes == {"Sonde"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    program = shutil.which("true") or ""
    for unit in UNITS:
        text = unit.read_text().replace("/opt/duckpond/.venv/bin/pond", program)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own files
    assert (verified.returncode, verified.stderr) == (0, "")


def nightly() -> list[list[str]]:
    """Return what `pond` is told by the service of every night."""
    text = (DOCS / "systemd" / "duckpond-maintain.service").read_text()
    found = re.findall(r"^ExecStart=/opt/duckpond/\.venv/bin/pond (.*)$", text, re.MULTILINE)
    return [command.split() for command in found]


def test_the_nightly_service_keeps_the_last_30_days_and_the_ends_of_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pond = Pond.init(tmp_path / ".pond", durability="process")
    now_ns = time.time_ns()
    middle = datetime.now(UTC).replace(day=15) - timedelta(days=70)
    for instant in (middle, middle + timedelta(days=1), middle + timedelta(days=31), None):
        at_ns = now_ns if instant is None else int(instant.timestamp() * 1e9)
        monkeypatch.setattr(time, "time_ns", lambda at_ns=at_ns: at_ns)
        pond.transact(lambda tx, at_ns=at_ns: tx.write_data("/f", b"%d" % at_ns))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    commands = nightly()
    assert [command[0] for command in commands] == ["maintain", "verify"]
    for command in commands:
        result = CliRunner().invoke(pond_command, ["--pond", str(pond.path), *command])
        assert result.exit_code == 0, result.output
    kept = Pond.open(pond.path)
    assert [kept.snapshot(txn).txn for txn in (2, 3, 4)] == [2, 3, 4]
    with pytest.raises(SnapshotForgottenError):
        kept.snapshot(1)


def test_the_nightly_service_goes_on_where_more_was_forgotten(tmp_path: Path) -> None:
    """As after a forgetting by hand, or where the clock was set back."""
    pond = Pond.init(tmp_path / ".pond", durability="process")
    for data in (b"1", b"2"):
        pond.transact(lambda tx, data=data: tx.write_data("/f", data))  # type: ignore[misc]  # mypy cannot infer a lambda's default
    pond.maintain(forget_before=2)
    for command in nightly():
        result = CliRunner().invoke(pond_command, ["--pond", str(pond.path), *command])
        assert result.exit_code == 0, result.output


def test_the_example_for_postgresql_differs_from_a_new_home_in_its_storage_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "to be restored")
    open_instance(tmp_path).dispose()
    new = yaml.safe_load((tmp_path / "dagster.yaml").read_text())
    example = yaml.safe_load((DOCS / "examples" / "postgres" / "dagster.yaml").read_text())
    assert new.pop("event_log_storage")
    assert {k: v for k, v in example.items() if k not in OWN} == {
        k: v for k, v in new.items() if k not in OWN
    }
    assert example["concurrency"]["pools"] == new["concurrency"]["pools"]


def test_the_variables_of_the_example_are_listed() -> None:
    folder = DOCS / "examples" / "postgres"
    asked = set(re.findall(r"env: (\w+)", (folder / "dagster.yaml").read_text()))
    assert asked == set(re.findall(r"^(\w+)=", (folder / "env.example").read_text(), re.MULTILINE))


DRILLS = {
    drill: block for block in blocks_of(DOCS / "operations.md") for drill in block.notes("drill")
}
MADE = """
kind: Scribble
name: made
spec: {seed: 1, start: 2026-01-01, end: 2026-02-01, interval: 1d, series: [A]}
"""


@pytest.fixture(scope="module")
def well_kept(
    environ: dict[str, str], s3_server: s3.Server, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a pond, Dagster's home and a backup, as every drill finds it."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "resources.yaml").write_text(MADE)
    (folder / "stick").mkdir()
    (folder / ".env").write_text("\n".join(f"{n}={v}" for n, v in s3_server.environ.items()))
    with Follower(folder, environ) as keeper:
        keeper.run("pond init; pond run; pond backup push --to stick/backup")
    return folder


@pytest.fixture
def keeper(
    well_kept: Path, environ: dict[str, str], bucket_url: str, tmp_path: Path
) -> Iterator[Follower]:
    """Somebody who has a copy of that folder."""
    shutil.copytree(well_kept, tmp_path, dirs_exist_ok=True)

    def adapted(text: str) -> str:
        return text.replace("s3://lake", bucket_url)

    with Follower(tmp_path, environ, adapted=adapted) as follower:
        yield follower


@pytest.mark.parametrize("drill", DRILLS)
def test_every_drill_can_be_followed_word_for_word(
    drill: str, keeper: Follower, s3_server: s3.Server, bucket_url: str
) -> None:
    pond = keeper.here / ".pond"
    before = Pond.open(pond).snapshot().read_series("/raw/made/A")
    if drill == "lost":
        shutil.rmtree(pond)
    if drill == "directory":
        Pond.open(pond).transact(lambda tx: tx.remove("/raw", recursive=True))
    keeper.follow(DRILLS[drill])
    url = f"{bucket_url}/harbor" if drill == "s3" else pond
    access = s3_server.access if drill == "s3" else None
    after = Pond.open(url, access=access).snapshot().read_series("/raw/made/A")
    assert after.equals(before)


def test_the_plan_keeps_two_backups_of_which_one_is_sealed_and_a_replica_follows(
    tmp_path: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    [backups, copy] = re.findall(
        r"<!-- plan -->\n```yaml\n(.*?)^```$",
        (DOCS / "operations.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    _, _, bucket, prefix = bucket_url.split("/")
    text = f"{backups}---\n{copy}".replace("/media/backup", str(tmp_path))
    text = text.replace("bucket: lake", f"bucket: {bucket}")
    text = text.replace("prefix: ponds", f"prefix: {prefix}")
    key = "a key that is kept elsewhere"
    told = {"SERVER": s3_server.endpoint, "KEY": s3.KEY_ID, "SECRET": s3.SECRET}
    lines = [*(f"BACKUP_{name}={value}" for name, value in told.items()), f"POND_BACKUP_KEY={key}"]
    (tmp_path / ".env").write_text("\n".join(lines))
    pond = Pond.init(tmp_path / "harbor", durability="process")
    with pond.transaction() as changes:
        changes.write_data("/a", b"1")
    built = build_definitions(plan_of(text, tmp_path), root=tmp_path, pond=pond.path)
    job = built.resolve_implicit_global_asset_job_def()
    with dg.instance_for_test() as instance:
        for name in ("disk", "away", "office"):
            chosen = [dg.AssetKey(["backup", name])]
            assert job.execute_in_process(asset_selection=chosen, instance=instance).success
    away = Backups(bucket_url, access=s3_server.access, key=key)
    assert away.verify(full=True).ok
    assert Backups(tmp_path / "pond").verify(full=True).ok
    assert Pond.open(tmp_path / "office").snapshot().read_data("/a") == b"1"


def test_there_is_a_drill_for_each_misfortune() -> None:
    misfortunes = ["", "lost", "directory", "replica", "promoted", "full", "s3"]
    assert list(DRILLS) == misfortunes
