"""`metadata.renamedFrom`: a resource's trees move, its UUID stays, nothing is made again."""

import json

import pytest

from pond_core import EntryType, Pond, Provenance, Window
from pond_pipeline.config import Kind
from pond_pipeline.errors import ConfigError
from pond_pipeline.resources import Change
from pond_pipeline.resources.recorded import trees_of
from tests.pipeline.resources.shore import CHART, DAYS, PIER, SITE, SOURCE, Shore

BEACH = SITE.replace("name: shore", "name: beach\nmetadata: {renamedFrom: shore}")
BEACH_CHART = CHART.replace("/combined/shore/", "/combined/beach/")
WAVES = SOURCE.replace("name: tide", "name: waves\nmetadata: {renamedFrom: tide}")
WAVES_SITE = SITE.replace("/raw/tide/", "/raw/waves/")
BY_NAME = "/sys/resources/by-name"


def refused(shore: Shore, *documents: str) -> str:
    """Return the error of documents; nothing is written."""
    before = shore.txn()
    with pytest.raises(ConfigError) as caught:
        shore.apply(*documents)
    assert shore.txn() == before
    return f"{caught.value}; {caught.value.hint}"


def test_a_renamed_resource_keeps_its_uuid_and_its_link_is_right(shore: Shore) -> None:
    before = shore.snapshot().readlink(f"{BY_NAME}/Combine.shore")
    applied = shore.apply(SOURCE, BEACH, BEACH_CHART)
    snapshot = shore.snapshot()

    assert applied.resources[1].change is Change.RENAMED
    assert applied.resources[1].renamed_from == "shore"
    assert (
        snapshot.readlink(f"{BY_NAME}/Combine.beach") == before == f"../{applied.resources[1].id}"
    )
    assert not snapshot.exists(f"{BY_NAME}/Combine.shore")
    assert json.loads(snapshot.read_data(f"{BY_NAME}/Combine.beach"))["name"] == "beach"


def test_its_trees_move_in_one_transaction_and_stay_the_nodes_that_they_were(shore: Shore) -> None:
    before, node = shore.txn(), shore.snapshot().lookup(PIER)
    shore.apply(SOURCE, BEACH, BEACH_CHART)
    snapshot = shore.snapshot()

    assert shore.txn() == before + 1
    assert snapshot.lookup("/combined/beach/Pier").node_id == node.node_id
    assert snapshot.lookup("/combined/beach/Pier").node.pieces == node.node.pieces
    assert not snapshot.exists("/combined/shore")


def test_nothing_is_behind_for_a_site_s_new_name(shore: Shore) -> None:
    shore.apply(SOURCE, BEACH, BEACH_CHART)

    assert shore.behind() == []


def test_a_second_apply_does_nothing(shore: Shore) -> None:
    shore.apply(SOURCE, BEACH, BEACH_CHART)
    again = shore.apply(SOURCE, BEACH, BEACH_CHART)

    assert again.txn is None
    assert {each.change for each in again.resources} == {Change.UNCHANGED}


def test_what_names_a_renamed_source_is_made_again_and_nothing_but_marks_is_written(
    shore: Shore,
) -> None:
    pier, days = shore.snapshot().node(PIER), shore.snapshot().node(DAYS)
    shore.apply(WAVES, WAVES_SITE, CHART)
    assert shore.behind() == [PIER]
    shore.collect()
    snapshot = shore.snapshot()

    assert snapshot.node(PIER).pieces == pier.pieces
    assert snapshot.node(DAYS) == days
    assert shore.behind() == []


def test_made_up_readings_are_not_made_again_under_another_name(shore: Shore) -> None:
    north = shore.snapshot().node("/raw/tide/north")
    shore.apply(WAVES, WAVES_SITE, CHART)
    shore.collect()

    assert shore.snapshot().node("/raw/waves/north") == north


def test_the_marks_of_an_instrument_follow_all_its_trees(shore: Shore) -> None:
    account = (
        "kind: HydroVu\nname: NAME\nspec: {key: k, secret: s, start: 2024-03-01, "
        "devices: [{name: A, id: 7}]}\n"
    )
    shore.apply(account.replace("NAME", "old"))
    march = Window(1_709_251_200_000_000, 1_711_929_600_000_000)
    with Pond.open(shore.pond).transaction(Provenance()) as tx:
        for stage in ("raw", "normalized", "quarantine"):
            tx.mkdir(f"/{stage}/old", parents=True)
            tx.create_series(f"/{stage}/old/A")
        inputs = {"/raw/old/A": "1", "/raw/old/units": "2", "/raw/older/A": "3"}
        tx.mark("/normalized/old/A", {"inputs": inputs, "fingerprint": "f"}, march)
    new = account.replace("NAME", "new\nmetadata: {renamedFrom: old}")
    shore.apply(new)
    snapshot = shore.snapshot()

    assert shore.paths("/*/new/A") == ["/normalized/new/A", "/quarantine/new/A", "/raw/new/A"]
    assert snapshot.node("/normalized/new/A").marks[march] == {
        "inputs": {"/raw/new/A": "1", "/raw/new/units": "2", "/raw/older/A": "3"},
        "fingerprint": "f",
    }


def test_a_renaming_before_anything_was_collected_moves_the_record_alone(empty: Shore) -> None:
    first = empty.apply(SOURCE)
    second = empty.apply(WAVES)

    assert second.resources[0].id == first.resources[0].id
    assert empty.paths(f"{BY_NAME}/*") == [f"{BY_NAME}/Scribble.waves"]


def test_a_new_pond_has_nothing_to_rename(empty: Shore) -> None:
    applied = empty.apply(WAVES)

    assert applied.resources[0].change is Change.CREATED
    assert empty.apply(WAVES).txn is None


def test_an_unknown_former_name_is_an_error(shore: Shore) -> None:
    text = BEACH.replace("renamedFrom: shore", "renamedFrom: shor")

    assert refused(shore, SOURCE, text) == (
        "resources.yaml:7: metadata.renamedFrom: the pond knows no Combine 'shor'; "
        "remove renamedFrom, or correct the name; `pond get` shows which there are"
    )


def test_a_former_name_that_is_in_use_is_an_error(shore: Shore) -> None:
    assert refused(shore, SOURCE, SITE, BEACH) == (
        "resources.yaml:15: metadata.renamedFrom: the Combine in line 6 is named 'shore'; "
        "apply the renaming first, then the new resource of the old name"
    )


def test_a_source_cannot_take_its_trees_from_a_source_of_another_kind(shore: Shore) -> None:
    other = "kind: Inbox\nname: tide\nspec: {pattern: x}\n"

    assert "the Inbox in line 7 is named 'tide'" in refused(shore, WAVES, other)


def test_a_renaming_to_a_name_that_the_pond_knows_is_an_error(shore: Shore) -> None:
    shore.apply(SOURCE, SITE, CHART, SITE.replace("shore", "beach"))

    assert refused(shore, SOURCE, BEACH) == (
        "resources.yaml:7: metadata.renamedFrom: the pond knows both, Combine 'shore' and "
        "Combine 'beach'; remove renamedFrom; `pond apply --prune` removes what 'shore' left"
    )


def test_a_renaming_onto_something_that_is_there_is_an_error(shore: Shore) -> None:
    with Pond.open(shore.pond).transaction(Provenance()) as tx:
        tx.mkdir("/combined/beach")

    assert refused(shore, SOURCE, BEACH) == (
        "resources.yaml:7: metadata.renamedFrom: /combined/beach is there already; "
        "choose another name, or remove what is there"
    )


def test_a_resource_may_get_the_old_name_once_the_renaming_is_done(shore: Shore) -> None:
    shore.apply(SOURCE, BEACH, BEACH_CHART)
    created = shore.apply(SOURCE, BEACH, BEACH_CHART, SITE)

    assert created.resources[3].change is Change.CREATED
    assert shore.apply(SOURCE, BEACH, BEACH_CHART, SITE).txn is None


def test_a_dry_run_tells_of_a_renaming_and_moves_nothing(shore: Shore) -> None:
    before = shore.txn()
    outlook = shore.foresee(SOURCE, BEACH, BEACH_CHART)

    assert (shore.txn(), shore.snapshot().entry_type(PIER)) == (before, EntryType.SERIES)
    assert (outlook.resources[1].change, outlook.resources[1].renamed_from) == (
        Change.RENAMED,
        "shore",
    )
    assert (outlook.added, outlook.removed) == ((), ())


@pytest.mark.parametrize(
    ("kind", "trees"),
    [
        ("HydroVu", ("/raw/n", "/normalized/n", "/quarantine/n")),
        ("LakeTech", ("/raw/n", "/normalized/n", "/quarantine/n")),
        ("Inbox", ("/raw/n",)),
        ("Scribble", ("/raw/n",)),
        ("Derive", ("/derived/n",)),
        ("Combine", ("/combined/n",)),
        ("Pivot", ("/pivoted/n",)),
        ("Reduce", ("/reduced/n",)),
        ("Template", ("/rendered/n",)),
        ("Backup", ()),
        ("Copy", ()),
        ("Alert", ()),
    ],
)
def test_each_kind_has_its_trees(kind: str, trees: tuple[str, ...]) -> None:
    assert trees_of(kind, "n") == trees


def test_no_kind_is_forgotten() -> None:
    services = {Kind.BACKUP, Kind.COPY, Kind.ALERT}

    assert {kind for kind in Kind if not trees_of(kind, "n")} == services


def test_the_quarantine_of_exports_is_renamed_with_them(empty: Shore) -> None:
    exports = "kind: LakeTech\nname: fb\nspec: {pattern: x/*, start: 2024-03-01}\n"
    empty.apply(exports)
    with Pond.open(empty.pond).transaction(Provenance(author="test")) as tx:
        tx.mkdir("/quarantine/fb/files", parents=True)
        tx.write_data("/quarantine/fb/files/a.htm", b"x")
    empty.apply(exports.replace("name: fb", "name: bay\nmetadata: {renamedFrom: fb}"))

    assert empty.paths("/quarantine/*/*/*") == ["/quarantine/bay/files/a.htm"]
