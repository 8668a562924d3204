"""Whether all is well, told by what lies here: the pond, its contacts, the resources."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pond_core import Backups, Contacts, NotFoundError, Pond, StorageError, from_us
from pond_pipeline import status as module
from pond_pipeline.apply import apply_resources
from pond_pipeline.backups import back_up, update_copy
from pond_pipeline.plan import Backup, Copy
from pond_pipeline.standing import Standing
from pond_pipeline.status import Heard, Status, status_of
from tests.pipeline.instruments import INSTRUMENTS, OLD, PIER, WHARF
from tests.pipeline.services import plan_of, plug_in, write
from tests.pipeline.waters import at, store, water
from tests.s3 import server as s3

SERVICES = """
kind: Backup
name: safe
spec: {folder: "${env:STICK:-stick}/backup", schedule: "0 3 * * *"}
---
kind: Copy
name: twin
spec: {folder: stick/backup, to: twin}
"""
RESOURCES = f"""
{INSTRUMENTS}---
kind: Combine
name: bay
spec:
  sites:
    - {{name: Bay, interval: 1d, inputs: [{{pattern: /normalized/bay/Pier}}]}}
    - {{name: Free, inputs: [{{pattern: /normalized/bay/Pier}}]}}
"""
NEWEST = "2025-03-01 12:00"


@pytest.fixture
def pond(tmp_path: Path) -> Pond:
    plug_in(tmp_path)
    pond = Pond.init(tmp_path / "pond", durability="process")
    write(pond, "/a")
    return pond


def look(pond: Pond, *, now: datetime | None = None, resources: str | None = None) -> Status:
    """Look at a pond; a minute from now, unless something else is said."""
    file = pond.path.parent / "resources.yaml"
    if resources is not None:
        file.write_text(resources)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    return status_of(pond.path, file=file, variables={}, now=now or soon)


def told(status: Status) -> list[str]:
    return [concern.what for concern in status.concerns]


def only(status: Status, way: str = "push") -> Standing:
    (found,) = (each for each in status.backups if each.way == way)
    return found


def heard(status: Status) -> dict[str, Heard]:
    return {each.path: each for each in status.series}


def service(root: Path, kind: type[Backup] | type[Copy]) -> Backup | Copy:
    return next(each for each in plan_of(root, SERVICES).services if isinstance(each, kind))


def push(pond: Pond) -> None:
    backup = service(pond.path.parent, Backup)
    assert isinstance(backup, Backup)
    back_up(backup, pond, {})


def test_a_pond_that_nobody_backs_up_is_a_concern_that_says_what_to_do(pond: Pond) -> None:
    (concern,) = look(pond).concerns
    assert concern.what == "nothing is known of any backup of this pond"
    assert "pond backup push --to" in concern.hint


def test_an_empty_pond_needs_no_backup(tmp_path: Path) -> None:
    assert look(Pond.init(tmp_path / "pond", durability="process")).concerns == ()


def test_a_pond_that_was_just_pushed_is_well(pond: Pond) -> None:
    pushed = pond.push(pond.path.parent / "stick" / "backup")
    status = look(pond)
    found = only(status)
    assert (found.txn, found.behind_txns, found.behind_s) == (1, 0, 0.0)
    assert found.committed == from_us(pushed.point.ts_us)
    assert (found.resource, found.waiting_s, found.error) == (None, None, "")
    assert status.concerns == ()


def test_a_backup_that_lacks_a_transaction_for_long_is_a_concern(pond: Pond) -> None:
    pond.push(pond.path.parent / "stick" / "backup")
    write(pond, "/b")
    write(pond, "/c")
    at_us = {header.txn: header.ts_us for header in pond.log()}
    now = from_us(at_us[2]) + timedelta(days=2)
    found = only(look(pond, now=now))
    assert (found.behind_txns, found.waiting_s) == (2, 2 * 86_400.0)
    assert found.behind_s == (at_us[3] - at_us[1]) / 1e6
    assert told(look(pond, now=now)) == []
    (what,) = told(look(pond, now=now + timedelta(hours=1)))
    assert what.endswith("lacks 2 transactions, the first of 2 d 1 h ago")


def test_a_push_that_failed_is_a_concern_and_says_why(pond: Pond) -> None:
    place = pond.path.parent / "stick" / "backup"
    pond.push(place)
    shutil.rmtree(place.parent)
    with pytest.raises(StorageError):
        pond.push(place)
    (concern,) = look(pond).concerns
    assert f"the push to {place} failed" in concern.what
    assert "there is no" in concern.what
    assert str(Contacts(pond.path).file(str(place), "push")) in concern.hint
    assert only(look(pond)).txn == 1


def test_a_place_that_somebody_got_wrong_once_is_no_concern_and_no_backup(pond: Pond) -> None:
    with pytest.raises(StorageError):
        pond.push(pond.path.parent / "sitck" / "backup")
    assert told(look(pond)) == ["nothing is known of any backup of this pond"]


def test_a_backup_of_the_resources_that_was_never_pushed_is_a_concern(pond: Pond) -> None:
    status = look(pond, resources=SERVICES)
    found = only(status)
    assert (found.resource, found.txn) == ("safe", None)
    assert found.place == str(pond.path.parent / "stick" / "backup")
    what, hint = status.concerns[0].what, status.concerns[0].hint
    assert what == f"nothing is known to be in {found.place}"
    assert "pond backup push --name safe" in hint


def test_a_backup_of_the_resources_is_known_by_its_place(pond: Pond) -> None:
    push(pond)
    found = only(look(pond, resources=SERVICES))
    assert (found.resource, found.txn, found.behind_txns) == ("safe", 1, 0)


def test_a_backup_whose_variable_is_not_set_is_a_concern(pond: Pond) -> None:
    status = look(pond, resources=SERVICES.replace(":-stick", ""))
    assert only(status).place == "${env:STICK}/backup"
    assert "the environment variable STICK is not set" in told(status)[0]


def test_a_copy_is_looked_at_where_it_is(pond: Pond) -> None:
    push(pond)
    status = look(pond, resources=SERVICES)
    assert only(status, "copy").txn is None
    assert told(status) == [f"nothing is known to be in {pond.path.parent / 'twin'}"]
    copy = service(pond.path.parent, Copy)
    assert isinstance(copy, Copy)
    update_copy(copy, {})
    write(pond, "/b")
    found = only(look(pond), "copy")
    assert (found.txn, found.behind_txns, found.error) == (1, 1, "")
    assert found.committed == from_us(pond.log()[1].ts_us)
    assert found.done is not None


def test_a_copy_that_could_not_be_brought_up_to_date_says_why(pond: Pond) -> None:
    push(pond)
    copy = service(pond.path.parent, Copy)
    assert isinstance(copy, Copy)
    update_copy(copy, {})
    shutil.rmtree(pond.path.parent / "stick" / "backup" / "ponds")
    with pytest.raises(NotFoundError):
        update_copy(copy, {})
    status = look(pond, resources=SERVICES)
    assert "there is no backup" in only(status, "copy").error
    assert any(what.startswith("the update of") for what in told(status))


def test_a_replica_needs_no_backup_and_knows_how_it_follows(pond: Pond) -> None:
    push(pond)
    copy = service(pond.path.parent, Copy)
    assert isinstance(copy, Copy)
    update_copy(copy, {})
    status = look(Pond.open(pond.path.parent / "twin"))
    assert status.overview.is_replica
    assert (only(status, "pull").txn, only(status, "pull").behind_txns) == (1, 0)
    assert status.concerns == ()


def test_a_pond_of_its_own_in_the_place_of_a_copy_is_told(pond: Pond) -> None:
    push(pond)
    Pond.init(pond.path.parent / "twin", durability="process")
    assert "a pond of its own is there" in only(look(pond, resources=SERVICES), "copy").error


def test_a_copy_of_another_pond_is_behind_nobody_knows_how_far(pond: Pond, tmp_path: Path) -> None:
    push(pond)
    copy = service(tmp_path, Copy)
    assert isinstance(copy, Copy)
    update_copy(copy, {})
    viewer = Pond.init(tmp_path / "viewer", durability="process")
    found = only(look(viewer, resources=SERVICES.split("---")[1]), "copy")
    assert (found.txn, found.behind_txns, found.waiting_s) == (1, None, None)


def test_what_is_in_the_place_of_a_copy_and_is_none_is_told(pond: Pond) -> None:
    (pond.path.parent / "twin").mkdir()
    (pond.path.parent / "twin" / "notes").write_bytes(b"")
    push(pond)
    status = look(pond, resources=SERVICES)
    assert "there is no pond" in only(status, "copy").error


def test_a_pond_that_follows_another_is_told_how_far_it_is_behind(pond: Pond) -> None:
    backups = Backups(pond.path.parent / "stick" / "backup")
    pond.push(backups)
    here_us = pond.log()[0].ts_us
    backups.pull(pond.path.parent / "office")
    replica = Pond.open(pond.path.parent / "office")
    assert look(replica).concerns == ()
    contacts = Contacts(replica.path)
    contacts.succeeded(backups.label, "pull", txn=3, ts_us=here_us + 5_000_000)
    status = look(replica, resources=SERVICES)
    found = only(status, "pull")
    assert (found.txn, found.behind_txns, found.behind_s) == (3, 2, 5.0)
    assert (status.concerns, len(status.backups)) == ((), 1)
    late = look(replica, now=datetime.now(UTC) + timedelta(days=3))
    assert told(late)[-1] == f"the pull from {backups.label} was last done 3 d ago"


def test_a_replica_that_never_had_a_pull_is_a_concern(pond: Pond) -> None:
    backups = Backups(pond.path.parent / "stick" / "backup")
    pond.push(backups)
    backups.pull(pond.path.parent / "office")
    replica = Pond.open(pond.path.parent / "office")
    shutil.rmtree(replica.path / "contacts")
    assert told(look(replica)) == ["this machine knows of no pull into this replica"]
    Contacts(replica.path).failed(backups.label, "pull", "the disk is full")
    (concern,) = told(look(replica))
    assert "the disk is full" in concern


def test_what_was_promoted_follows_nobody(pond: Pond) -> None:
    backups = Backups(pond.path.parent / "stick" / "backup")
    pond.push(backups)
    backups.pull(pond.path.parent / "office")
    promoted = Pond.open(pond.path.parent / "office")
    promoted.promote()
    promoted.push(backups)
    late = look(promoted, now=datetime.now(UTC) + timedelta(days=3))
    assert ([each.way for each in late.backups], late.concerns) == (["push"], ())


def test_instruments_are_judged_as_the_checks_judge_them(pond: Pond) -> None:
    store(pond, PIER, water({NEWEST: 1.0}), "2025-03")
    fresh = look(pond, resources=RESOURCES, now=at(NEWEST) + timedelta(hours=3))
    pier = heard(fresh)[PIER]
    assert (pier.newest, pier.age_s, pier.limit_s, pier.is_late) == (
        at(NEWEST),
        10_800.0,
        10_800.0,
        False,
    )
    late = look(pond, now=at(NEWEST) + timedelta(hours=4))
    assert heard(late)[PIER].is_late
    assert heard(late)[PIER].text.startswith("No reading since 2025-03-01 12:00 UTC")


def test_of_a_series_without_an_interval_only_its_age_is_told(pond: Pond) -> None:
    store(pond, WHARF, water({NEWEST: 1.0}), "2025-03")
    found = heard(look(pond, resources=RESOURCES, now=at("2025-03-02 12:00")))[WHARF]
    assert (found.age_s, found.limit_s, found.is_late) == (86_400.0, None, None)


def test_a_retired_instrument_is_not_late_and_a_site_is_judged_that_has_an_interval(
    pond: Pond,
) -> None:
    found = heard(look(pond, resources=RESOURCES))
    assert list(found) == [PIER, WHARF, OLD, "/combined/bay/Bay"]
    assert found[OLD].is_late is False


def test_late_series_are_one_concern_that_names_some_of_them(pond: Pond) -> None:
    status = look(pond, resources=RESOURCES)
    assert told(status)[0] == (
        "2 of 4 series had no reading in time: /normalized/bay/Pier, /combined/bay/Bay"
    )


def test_readings_of_the_future_are_a_concern_also_where_nobody_said_an_interval(
    pond: Pond,
) -> None:
    store(pond, WHARF, water({NEWEST: 1.0}), "2025-03")
    status = look(pond, resources=RESOURCES, now=at(NEWEST) - timedelta(hours=2))
    assert "readings of the future are in 1 of 4 series: /normalized/bay/Wharf" in told(status)


def test_resources_that_are_wrong_are_a_concern_and_what_was_applied_counts(pond: Pond) -> None:
    file = pond.path.parent / "resources.yaml"
    file.write_text(RESOURCES)
    apply_resources(file, pond=pond.path)
    status = look(pond, resources="kind: HydroVuu\nname: bay\n")
    assert "HydroVuu" in told(status)[0]
    assert "what was applied last counts instead" in told(status)[0]
    assert PIER in heard(status)


def test_without_a_file_what_was_applied_counts(pond: Pond) -> None:
    file = pond.path.parent / "resources.yaml"
    file.write_text(RESOURCES)
    apply_resources(file, pond=pond.path)
    file.unlink()
    status = look(pond)
    assert PIER in heard(status)
    assert not [what for what in told(status) if "applied" in what]


def test_secrets_that_others_can_read_are_a_concern(pond: Pond) -> None:
    env = pond.path.parent / ".env"
    env.write_text("HYDROVU_SECRET=hush-hush\n")
    env.chmod(0o644)
    concern = look(pond).concerns[0]
    assert "can be read by others" in concern.what
    assert concern.hint == f"run: chmod 600 {env}"


def test_a_transaction_of_the_future_is_a_concern(pond: Pond) -> None:
    now = from_us(pond.log()[0].ts_us) - timedelta(hours=1)
    assert told(look(pond, now=now))[-1] == "txn 1 is 1 h in the future of this machine's clock"


def test_a_disk_that_is_nearly_full_is_a_concern(
    pond: Pond, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROOM_BYTES", 2**80)
    assert "MiB are free on the disk of" in told(look(pond))[-1]


def test_of_a_pond_in_a_bucket_this_machine_s_pushes_are_known(
    s3_server: s3.Server, bucket_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    pond = Pond.init(bucket_url)
    write(pond, "/a")
    pond.push(tmp_path / "backup")
    write(pond, "/b")
    found = status_of(
        bucket_url, file=tmp_path / "resources.yaml", variables={}, now=datetime.now(UTC)
    )
    assert (found.overview.label, found.overview.txn) == (bucket_url, 2)
    assert only(found).behind_txns == 1
    assert found.concerns == ()


def test_what_repairs_left_is_a_concern(pond: Pond) -> None:
    (pond.path / "set-aside").mkdir()
    (pond.path / "set-aside" / "torn.json").write_bytes(b"{")
    assert told(look(pond))[-1] == "1 file is still set aside, by a repair or damage"
