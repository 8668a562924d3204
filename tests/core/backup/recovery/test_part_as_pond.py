"""Any part of a backup becomes a pond of its own."""

import itertools
import shutil
from pathlib import Path

import pytest

from pond_core import Backups, ExistsError, NotFoundError, Pond, restore_part
from tests.conformance.copying import below
from tests.core.backup import dying
from tests.core.backup.recovery.parts import begin, digests, head
from tests.core.dying import dies, nursery
from tests.s3 import server as s3


@pytest.mark.parametrize("path", ["/a", "/a/b", "/a/series", "/a/link", "/a/computed", "/"])
def test_a_new_pond_has_the_part_at_its_path_and_nothing_else(
    grown: Pond, backups: Backups, tmp_path: Path, path: str
) -> None:
    grown.transact(lambda tx: tx.mark("/", {"of": "the root"}))
    grown.push(backups)
    done = restore_part(backups, path, tmp_path / "new", durability="process")
    made = Pond.open(tmp_path / "new")
    assert (done.pond, done.parent, done.path, done.txn) == (made.id, grown.id, path, 1)
    assert made.id != grown.id
    assert below(made.snapshot(), path) == below(grown.snapshot(), path)
    outside = [each for each in digests(made.snapshot()) if not each.startswith(path)]
    assert all(path.startswith(each) for each in outside)
    assert len(made.log()) == 1
    report = made.verify()
    assert (report.findings, report.left_over, report.unreferenced) == ((), (), ())


def test_a_new_pond_is_made_in_a_bucket(
    grown: Pond, folder: Backups, s3_server: s3.Server, bucket_url: str
) -> None:
    grown.push(folder)
    url = f"{bucket_url}/part"
    for _ in range(2):  # asked again, it is there
        done = restore_part(folder, "/a", url, access=s3_server.access)
        assert (done.txn, done.path) == (1, "/a")
    made = Pond.open(url, access=s3_server.access)
    assert below(made.snapshot(), "/a") == below(grown.snapshot(), "/a")
    assert len(made.log()) == 1


def test_a_pond_without_transactions_is_gone_on_with(
    grown: Pond, folder: Backups, tmp_path: Path
) -> None:
    grown.push(folder)
    begun = Pond.init(tmp_path / "new", durability="process")
    assert restore_part(folder, "/a", tmp_path / "new").pond == begun.id


def test_a_new_pond_is_made_over_nothing(grown: Pond, folder: Backups, tmp_path: Path) -> None:
    grown.push(folder)
    with pytest.raises(ExistsError, match="there is a pond at"):
        restore_part(folder, "/a", grown.path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(ExistsError, match="is not empty"):
        restore_part(folder, "/a", tmp_path / "mine")
    restore_part(folder, "/a", tmp_path / "new")
    with pytest.raises(ExistsError, match="there is a pond at"):  # another part
        restore_part(folder, "/a/b", tmp_path / "new")
    assert [each.name for each in (tmp_path / "mine").iterdir()] == ["file"]


def test_what_is_not_there_makes_no_pond(grown: Pond, folder: Backups, tmp_path: Path) -> None:
    grown.push(folder)
    with pytest.raises(NotFoundError, match="/b does not exist"):
        restore_part(folder, "/b", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_new_pond_that_was_killed_at_any_step_is_made_when_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    start = tmp_path / "start"
    expected = below(begin(start).snapshot(), "/a")
    context = nursery(dying.__name__)
    for steps in itertools.count():
        place = tmp_path / f"{steps}"
        shutil.copytree(start, place)
        died = dies(context, dying.restore_a_part, place, steps)
        new = place / "new"
        assert not Pond.exists(new) or head(Pond.open(new)) in (0, 1)
        done = restore_part(Backups(place / "backup"), "/a", new, durability="process")
        made = Pond.open(new)
        assert (made.id, done.txn, head(made)) == (done.pond, 1, 1)
        assert below(made.snapshot(), "/a") == expected
        assert made.verify().findings == ()
        shutil.rmtree(place)
        if not died:
            break
    assert steps > 30
