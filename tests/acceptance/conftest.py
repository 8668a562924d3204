"""Ponds that take a while to make, made once: tests that go on from one copy it."""

from pathlib import Path

import pytest

from pond_pipeline.simulator import Simulator, replay
from tests.acceptance import pier
from tests.acceptance.lake import Lake

NOYO = Path(__file__).parents[2].parent / "shared" / "noyo"


@pytest.fixture(scope="session")
def readings_of_noyo() -> Path:
    """The folder of the real readings."""
    if not NOYO.is_dir():
        pytest.skip(f"the real readings of Noyo Harbor are not at {NOYO}")
    return NOYO


@pytest.fixture(scope="session")
def noyo(readings_of_noyo: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """All of Noyo Harbor, collected in one run; it is only read."""
    world = replay(readings_of_noyo / "hydrovu")
    with Simulator(world, page_days=366, rate_per_minute=100_000) as server:
        environ = {
            "NOYO_KEY": "demo",
            "NOYO_SECRET": "demo",
            "NOYO_URL": server.base_url,
            "NOYO_EXPORTS": str(readings_of_noyo / "laketech"),
        }
        file = Path(__file__).parent / "noyo.yaml"
        lake = Lake(tmp_path_factory.mktemp("noyo"), file, environ)
        lake.complete()
    return lake


@pytest.fixture(scope="session")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pier's readings; it is only read."""
    return pier.write_readings(tmp_path_factory.mktemp("pier") / "readings")


@pytest.fixture(scope="session")
def collected(readings: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The pier, collected in one run from a server without faults; it is only read."""
    with pier.serve(readings) as server:
        lake = pier.lake(tmp_path_factory.mktemp("collected"), server)
        lake.complete()
    return lake


@pytest.fixture(scope="session")
def content(collected: Lake) -> dict[str, object]:
    """What the pier's pond holds."""
    return collected.content()
