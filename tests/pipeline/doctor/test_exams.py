"""Each question, asked of the real thing."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest

from pond_core import Pond
from pond_pipeline.doctor import Diagnosis, Grade, examine, exams_of
from pond_pipeline.simulator import Simulator, harbor
from tests.pipeline.services import plug_in, write
from tests.s3 import server as s3
from tests.s3.careless import Careless

BACKUP = "kind: Backup\nname: safe\nspec: {folder: stick/backup}\n"
LAKE = """
kind: Backup
name: lake
spec:
  bucket: lake
  prefix: {prefix}
  key: "${{env:KEY}}"
  secret: "${{env:SECRET}}"
  endpoint: {endpoint}
"""
COPY = "kind: Copy\nname: twin\nspec: {folder: stick/backup, to: twin}\n"
HYDROVU = """
kind: HydroVu
name: bay
spec:
  key: "${{env:HYDROVU_KEY}}"
  secret: "${{env:HYDROVU_SECRET}}"
  base_url: {url}
  start: 2025-01-01
  devices: [{{name: Pier, id: 1, scope: Pier}}]
"""


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    plug_in(tmp_path)
    pond = Pond.init(tmp_path / "pond", durability="process")
    write(pond, "/a")
    return pond


@pytest.fixture
def careless() -> Iterator[str]:
    """The URL of a server that overwrites what it was told only to create."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ask(
    root: Path,
    text: str = "",
    *,
    pond: str | Path | None = None,
    now: datetime | None = None,
    offline: bool = False,
) -> dict[str, Diagnosis]:
    """Ask everything of the pond and the resources in a folder."""
    if text:
        (root / "resources.yaml").write_text(text)
    exams = exams_of(
        pond or root / "pond",
        file=root / "resources.yaml",
        variables={},
        home=root / ".dagster",
        now=now or datetime.now(UTC),
        offline=offline,
    )
    return {each.what: each for each in examine(exams, patience_s=60)}


@pytest.mark.usefixtures("pond")
def test_where_all_is_well_nothing_else_is_said(tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    found = ask(tmp_path, BACKUP)
    assert {each.grade for each in found.values()} == {Grade.OK}
    assert f"{tmp_path / 'stick' / 'backup'} can be written" in found["Backup safe"].detail
    left = [each for each in sorted(tmp_path.rglob("*")) if each not in before]
    assert {each.relative_to(tmp_path).parts[0] for each in left} <= {"resources.yaml", "stick"}


def test_before_there_is_a_pond_its_place_is_tried(tmp_path: Path) -> None:
    found = ask(tmp_path)
    assert found["pond"].grade is Grade.WARNING
    assert found["pond"].detail == f"there is no pond at {tmp_path / 'pond'}"
    assert "init" in found["pond"].hint
    assert found["place of the pond"].grade is Grade.OK
    assert found["resources"].grade is Grade.WARNING
    assert list(tmp_path.iterdir()) == []


def test_a_pond_that_cannot_be_opened_fails(pond: Pond, tmp_path: Path) -> None:
    for commit in (pond.path / "oplog" / "_delta_log").glob("*.json"):
        commit.write_bytes(b"{}\n" + commit.read_bytes()[:-9] + b"*" * 9)
    found = ask(tmp_path)["pond"]
    assert found.grade is Grade.FAILED
    assert found.hint


@pytest.mark.usefixtures("pond")
def test_a_pond_whose_log_is_lost_is_not_taken_for_none(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "pond" / "oplog" / "_delta_log")
    found = ask(tmp_path)["pond"]
    assert found.grade is Grade.FAILED
    assert "repair" in found.hint


@pytest.mark.usefixtures("pond")
def test_a_transaction_of_the_future_fails(tmp_path: Path) -> None:
    found = ask(tmp_path, now=datetime.now(UTC) - timedelta(hours=1))["clock"]
    assert found.grade is Grade.FAILED
    assert "in the future of this clock" in found.detail


@pytest.mark.usefixtures("pond")
def test_a_file_system_with_another_clock_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 10**18)
    found = ask(tmp_path)["place of the pond"]
    assert found.grade is Grade.WARNING
    assert "ahead of this machine's" in found.detail


@pytest.mark.parametrize(("free", "grade"), [(2**40, "ok"), (2**29, "warning"), (1, "failed")])
def test_little_room_is_a_warning_and_too_little_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, grade: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))
    assert ask(tmp_path)["room of the pond"].grade == grade


def test_a_library_that_is_too_old_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda n: "0.1" if n == "polars" else version(n))
    found = ask(tmp_path)["libraries"]
    assert found.grade is Grade.FAILED
    assert "polars is 0.1, not >=" in found.detail


def test_variables_that_are_not_set_are_named(tmp_path: Path) -> None:
    text = "---\n".join((HYDROVU.format(url="http://127.0.0.1:1"), BACKUP))
    found = ask(tmp_path, text, offline=True)["secrets"]
    assert (found.grade, found.detail) == (
        Grade.FAILED,
        "not set: HYDROVU_KEY, HYDROVU_SECRET",
    )


def test_secrets_that_others_can_read_are_a_warning(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("A=b\n")
    env.chmod(0o640)
    assert ask(tmp_path)[".env"].grade is Grade.WARNING
    env.chmod(0o600)
    assert ask(tmp_path)[".env"].grade is Grade.OK


def test_resources_that_are_wrong_fail_and_ask_no_server(tmp_path: Path) -> None:
    found = ask(tmp_path, "kind: HydroVuu\nname: bay\n")
    assert found["resources"].grade is Grade.FAILED
    assert "HydroVuu" in found["resources"].detail


def test_a_home_that_cannot_be_written_fails(tmp_path: Path) -> None:
    home = tmp_path / ".dagster"
    home.mkdir()
    home.chmod(0o555)
    if os.access(home, os.W_OK):
        pytest.skip("permissions do not bind root: run as another user to test them")
    assert ask(tmp_path)["Dagster's home"].grade is Grade.FAILED


@pytest.mark.usefixtures("pond")
def test_a_disk_of_a_backup_that_is_not_plugged_in_fails(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "stick")
    found = ask(tmp_path, BACKUP)["Backup safe"]
    assert found.grade is Grade.FAILED
    assert "is the disk plugged in" in found.hint
    assert not (tmp_path / "stick").exists()


def test_the_backup_of_a_copy_is_only_read(pond: Pond, tmp_path: Path) -> None:
    pond.push(tmp_path / "stick" / "backup")
    found = ask(tmp_path, COPY)["Copy twin"]
    assert (found.grade, found.detail) == (
        Grade.OK,
        f"{tmp_path / 'stick' / 'backup'} can be read, and has 1 pond",
    )
    shutil.rmtree(tmp_path / "stick" / "backup")
    assert ask(tmp_path, COPY)["Copy twin"].grade is Grade.WARNING


def test_a_bucket_is_told_to_refuse_what_is_there(
    s3_server: s3.Server, tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", s3.KEY_ID)
    monkeypatch.setenv("SECRET", s3.SECRET)
    prefix = bucket_url.rpartition("/")[2]
    text = LAKE.format(prefix=prefix, endpoint=s3_server.endpoint)
    found = ask(tmp_path, text)["Backup lake"]
    assert found.grade is Grade.OK
    assert found.detail.startswith(f"{bucket_url} can be written, and it refuses to create")
    assert "Backup lake" not in ask(tmp_path, text, offline=True)


def test_a_bucket_that_overwrites_what_is_there_fails(
    careless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "k")
    monkeypatch.setenv("SECRET", "s")
    found = ask(tmp_path, LAKE.format(prefix="p", endpoint=careless))["Backup lake"]
    assert found.grade is Grade.FAILED
    assert "overwrites what it was told only to create" in found.detail


def test_the_bucket_of_the_pond_itself_is_tried(
    s3_server: s3.Server, tmp_path: Path, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    Pond.init(bucket_url)
    found = ask(tmp_path, pond=bucket_url)
    assert found["place of the pond"].grade is Grade.OK
    assert "refuses to create what is there" in found["place of the pond"].detail
    assert "opens, format 2" in found["pond"].detail
    assert "pond" not in ask(tmp_path, pond=bucket_url, offline=True)


def test_hydrovu_is_asked_for_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROVU_KEY", "demo")
    monkeypatch.setenv("HYDROVU_SECRET", "demo")
    with Simulator(harbor()) as server:
        found = ask(tmp_path, HYDROVU.format(url=server.base_url))["HydroVu bay"]
        assert server.counts["token"] == 1
        monkeypatch.setenv("HYDROVU_SECRET", "hush-hush")
        refused = ask(tmp_path)["HydroVu bay"]
    assert found.grade is Grade.OK
    assert "gave a token" in found.detail
    assert refused.grade is Grade.FAILED
    assert "refused the credentials" in refused.detail
    assert "hush" not in refused.detail + refused.hint


def test_where_nobody_has_an_account_that_is_a_warning(tmp_path: Path) -> None:
    text = HYDROVU.format(url='"${env:HYDROVU_URL:-https://www.hydrovu.com}"')
    defaults = text.replace("_KEY}", "_KEY:-demo}").replace("_SECRET}", "_SECRET:-demo}")
    found = ask(tmp_path, defaults)
    assert found["HydroVu bay"].grade is Grade.WARNING
    assert "its simulator" in found["HydroVu bay"].detail
    assert found["secrets"].grade is Grade.OK


def test_a_key_that_no_run_can_do_without_is_a_secret_that_is_not_set(tmp_path: Path) -> None:
    text = HYDROVU.format(url='"${env:HYDROVU_URL:-https://www.hydrovu.com}"')
    found = ask(tmp_path, text)["secrets"]
    assert found.grade is Grade.FAILED
    assert found.detail == "not set: HYDROVU_KEY, HYDROVU_SECRET"


def test_offline_no_server_is_asked(tmp_path: Path) -> None:
    text = HYDROVU.format(url="http://127.0.0.1:1")
    assert "HydroVu bay" not in ask(tmp_path, text, offline=True)
    assert ask(tmp_path, text)["HydroVu bay"].grade is Grade.FAILED
