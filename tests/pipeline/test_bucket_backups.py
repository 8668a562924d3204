"""`Backup` and `Copy` of a bucket, with credentials from where Dagster's users have them."""

from pathlib import Path

import dagster as dg
import pytest
from dagster_aws.s3 import S3Resource

from pond_core import Backups, Pond, from_us
from pond_pipeline.build import build_definitions
from tests.pipeline.services import plan_of, write
from tests.s3 import server as s3

SAFE, TWIN = dg.AssetKey(["backup", "safe"]), dg.AssetKey(["backup", "twin"])

RESOURCES = """
kind: Backup
name: safe
spec: {{bucket: {bucket}, prefix: {prefix}, keep: {{daily: 1}}{more}}}
---
kind: Copy
name: twin
spec: {{bucket: {bucket}, prefix: {prefix}, to: twin{more}}}
"""

KEYS = ", key: '${env:KEY}', secret: '${env:SECRET}', endpoint: '${env:SERVER}', region: here"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    pond = Pond.init(tmp_path / "pond", durability="process")
    write(pond, "/a", b"1")
    return pond


@pytest.fixture(autouse=True)
def no_other_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def text_of(bucket_url: str, more: str = "") -> str:
    _, _, bucket, prefix = bucket_url.split("/")
    return RESOURCES.format(bucket=bucket, prefix=prefix, more=more)


def made(
    root: Path, text: str, *keys: dg.AssetKey, resource: S3Resource | None = None
) -> tuple[dg.ExecuteInProcessResult, list[str]]:
    """Materialize assets, and return all events as text as well."""
    built = build_definitions(
        plan_of(root, text), root=root, pond=root / "pond", own_s3=resource is not None
    )
    own = dg.Definitions(resources={} if resource is None else {"s3": resource})
    definitions = dg.Definitions.merge(built, own)
    with dg.instance_for_test() as instance:
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            asset_selection=list(keys),
            instance=instance,
            raise_on_error=False,
        )
        return result, [str(each) for each in instance.all_logs(result.run_id)]


def content(place: Path) -> bytes:
    return Pond.open(place).snapshot().read_data("/a")


@pytest.mark.usefixtures("pond")
def test_keys_of_the_resource_are_taken_from_the_environment_and_told_nowhere(
    tmp_path: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    lines = [f"KEY={s3.KEY_ID}", f"SECRET={s3.SECRET}", f"SERVER={s3_server.endpoint}"]
    (tmp_path / ".env").write_text("\n".join(lines))
    result, events = made(tmp_path, text_of(bucket_url, KEYS), SAFE, TWIN)
    assert result.success
    assert content(tmp_path / "twin") == b"1"
    assert s3.SECRET not in "".join(events)
    bucket = Backups(bucket_url, access=s3_server.access)
    place = bucket._place
    for each in (*place.files(""),):
        data = place.read(each.name) or b""
        assert s3.SECRET.encode() not in data
        assert s3.KEY_ID.encode() not in data
    for path in (tmp_path / "pond").rglob("*"):
        assert not path.is_file() or s3.SECRET.encode() not in path.read_bytes()


def test_an_s3_resource_of_the_code_location_is_used(
    pond: Pond, tmp_path: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    resource = S3Resource(
        endpoint_url=s3_server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=s3.KEY_ID,
        aws_secret_access_key=s3.SECRET,
    )
    result, events = made(tmp_path, text_of(bucket_url), SAFE, resource=resource)
    assert result.success
    assert {p.txn for p in Backups(bucket_url, access=s3_server.access).points(pond.id)} == {1}
    assert s3.SECRET not in "".join(events)


def test_without_keys_those_of_awss_tools_are_taken(
    pond: Pond,
    tmp_path: Path,
    s3_server: s3.Server,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = (
        f"[pond]\naws_access_key_id = {s3.KEY_ID}\naws_secret_access_key = {s3.SECRET}\n"
        f"region = us-east-1\n"
    )
    (tmp_path / "credentials").write_text(profile)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    (tmp_path / ".env").write_text(f"AWS_PROFILE=pond\nAWS_ENDPOINT_URL={s3_server.endpoint}\n")
    result, _ = made(tmp_path, text_of(bucket_url), SAFE)
    assert result.success
    assert pond.id in Backups(bucket_url, access=s3_server.access).ponds()


@pytest.mark.usefixtures("pond", "s3_server")
def test_without_any_the_run_fails_and_says_where_they_go(tmp_path: Path, bucket_url: str) -> None:
    result, events = made(tmp_path, text_of(bucket_url), SAFE)
    assert not result.success
    assert any("put AWS_ACCESS_KEY_ID" in each for each in events)


@pytest.mark.usefixtures("pond", "s3_server")
def test_with_half_a_key_the_run_fails_and_says_which_half_is_missing(
    tmp_path: Path, bucket_url: str
) -> None:
    (tmp_path / ".env").write_text(f"AWS_ACCESS_KEY_ID={s3.KEY_ID}\n")
    result, events = made(tmp_path, text_of(bucket_url), SAFE)
    assert not result.success
    assert any("its secret is missing" in each for each in events)


def test_half_a_key_in_the_environment_does_not_matter_where_the_resource_says_one(
    pond: Pond, tmp_path: Path, s3_server: s3.Server, bucket_url: str
) -> None:
    (tmp_path / ".env").write_text(
        f"KEY={s3.KEY_ID}\nSECRET={s3.SECRET}\nSERVER={s3_server.endpoint}\nAWS_ACCESS_KEY_ID=other\n"
    )
    result, _ = made(tmp_path, text_of(bucket_url, KEYS), SAFE)
    assert result.success
    assert pond.id in Backups(bucket_url, access=s3_server.access).ponds()


def test_moments_expire_once_a_day(
    pond: Pond,
    tmp_path: Path,
    s3_server: s3.Server,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    for data in (b"2", b"3"):
        assert made(tmp_path, text_of(bucket_url), SAFE)[0].success
        write(pond, f"/{data.decode()}", data)
    result, _ = made(tmp_path, text_of(bucket_url), SAFE)
    assert result.success
    newest = Backups(bucket_url).newest(pond.id)
    assert newest is not None
    assert (newest.txn, newest.kept) == (3, ())
    assert from_us(newest.thinned_us).date() == from_us(newest.ts_us).date()
