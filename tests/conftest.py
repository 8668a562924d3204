"""What every test stands on: no environment of the user's, no deadline on a busy machine."""

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pond_core.storage import Bucket
from tests.s3 import server as s3

settings.register_profile("duckpond", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("duckpond")

OURS = ("POND", "HYDROVU_", "DAGSTER_", "AWS_")
"""How the variables begin that change what DuckPond does."""


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Hide the user's own pond, account and Dagster from the tests."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POND_CACHE", str(tmp_path_factory.getbasetemp() / "copies"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    """Run an S3-compatible server."""
    if not s3.is_there():
        pytest.skip("*** NO SeaweedFS FOR THIS SYSTEM: TESTS OF BUCKETS ARE SKIPPED. ***")
    server = s3.Server(tmp_path_factory.mktemp("s3"))
    yield server
    server.kill()


@pytest.fixture
def bucket_url() -> str:
    """Return a prefix that no other test uses."""
    return f"s3://{s3.BUCKET}/{uuid.uuid4()}"


@pytest.fixture
def bucket(s3_server: s3.Server, bucket_url: str) -> Bucket:
    """Return an empty place in a bucket."""
    return Bucket(bucket_url, access=s3_server.access)
