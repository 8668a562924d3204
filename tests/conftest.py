"""What every test stands on: no environment of the user's, no deadline on a busy machine."""

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from typing_extensions import override
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it ships no types

from pond_core.storage import Bucket
from pond_pipeline.hydrovu import client, outage, rate
from tests.s3 import server as s3

settings.register_profile("duckpond", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("duckpond")

OURS = ("POND", "HYDROVU_", "DAGSTER_", "AWS_")
"""How the variables begin that change what DuckPond does."""

DAEMONS = "tests/operations/"
"""Tests that wait for daemons: one worker begins with them, and the others compute meanwhile."""

TOGETHER = (DAEMONS, "tests/faults/", "tests/acceptance/test_noyo")
"""How the names begin of files that one worker is given together: they share what is dear."""

_MEMORY = Path("/dev/shm")  # noqa: S108 -- a disk in memory
_ENOUGH = 8 * 1024**3


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # as above
    """Gives each worker one file after another, and those together that belong together."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return next((each for each in TOGETHER if file.startswith(each)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    """Let `--dist loadfile` be ours."""
    return Scheduling(config, log) if config.option.dist == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest and computes least."""
    items.sort(key=lambda item: not item.nodeid.startswith(DAEMONS))


def pytest_configure(config: pytest.Config) -> None:
    """Have Ctrl-C heard, and files in memory.

    A shell that starts the tests in the background has them, and all that they start, ignore
    Ctrl-C; tests that press it would wait for ever.

    Files are kept in memory where there is much of it and those of passed tests are removed: much
    time would go by in waiting for a disk. That it is waited for where it must be, the tests of
    `faults` see to.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    is_bounded = config.getini("tmp_path_retention_policy") != "all"
    if is_bounded and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    """Put back what a file of tests leaves in the environment, such as Dagster's home."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


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


@pytest.fixture(autouse=True)
def _strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget tokens, limits and outages of servers: a test may have one at the same address."""
    for module in (client, rate, outage):
        monkeypatch.setattr(module, "_shared", {})


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
