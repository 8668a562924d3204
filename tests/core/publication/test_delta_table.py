"""Commits to a published table: the second of two at once is refused, wherever the table is."""

from pathlib import Path

import pyarrow as pa
import pytest

from pond_core import Pond, StorageError, publish
from pond_core.publication.delta_table import DataFile, PublishedDelta, Stamp
from pond_core.publication.destination import Destination
from pond_core.tinyfs import NodeId
from tests.core.publication import harbor
from tests.s3 import server as s3

SCHEMA = pa.schema([pa.field("timestamp", pa.timestamp("us", tz="UTC"), nullable=False)])


@pytest.fixture(params=("folder", "bucket"))
def lake(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    if request.param == "folder":
        return str(tmp_path / "lake")
    server: s3.Server = request.getfixturevalue("s3_server")
    for variable, value in server.environ.items():
        monkeypatch.setenv(variable, value)
    return bucket_url


def opened(pond: Pond, lake: str) -> PublishedDelta:
    table = PublishedDelta.open(Destination(lake), harbor.SITE, pond_id=pond.id)
    assert table is not None
    return table


def replace(table: PublishedDelta, month: str, stamp: Stamp) -> None:
    """Commit a file that stands for a month, without writing it."""
    added = DataFile(f"{month}.0123456789abcdef.{stamp.txn}.parquet", size=1, rows=1)
    table.update(SCHEMA, [added], [table.files[month]], stamp)


@pytest.mark.parametrize("month", ["2026-01", "2026-02"])
def test_of_two_commits_at_once_the_second_is_refused(pond: Pond, lake: str, month: str) -> None:
    harbor.fill(pond)
    publish(pond, lake)
    stamp = Stamp(pond.id, NodeId(pond.snapshot().lookup(harbor.SITE).node_id), 99)
    one, other = opened(pond, lake), opened(pond, lake)
    replace(one, "2026-01", stamp)
    with pytest.raises(StorageError, match=r"somebody else wrote to the table meanwhile"):
        replace(other, month, stamp)
    assert opened(pond, lake).version == 1


def test_a_table_that_cannot_be_read_is_an_error_that_names_it(pond: Pond, tmp_path: Path) -> None:
    harbor.fill(pond)
    publish(pond, tmp_path / "lake")
    [commit] = (tmp_path / "lake" / harbor.SITE.strip("/")).glob("_delta_log/*.json")
    commit.write_text("{")
    with pytest.raises(StorageError, match=harbor.SITE):
        publish(pond, tmp_path / "lake")


def test_a_table_is_deleted_with_its_log_wherever_it_is(pond: Pond, lake: str) -> None:
    harbor.fill(pond)
    publish(pond, lake)
    with pond.transaction() as tx:
        tx.remove(harbor.SITE)
    assert publish(pond, lake, prune=True).pruned == (harbor.SITE,)
    assert Destination(lake).tables() == [harbor.UNITS]
    assert PublishedDelta.open(Destination(lake), harbor.SITE, pond_id=pond.id) is None
