"""`pond apply --prune`: what is gone from the file goes from the pond, and nothing else."""

from pond_core import Pond, Provenance
from pond_pipeline.resources import Change
from tests.pipeline.resources.shore import CHART, DAYS, PIER, SITE, SOURCE, Shore

BY_NAME = "/sys/resources/by-name"


def write(shore: Shore, path: str) -> None:
    with Pond.open(shore.pond).transaction(Provenance(author="somebody")) as tx:
        tx.mkdir(path.rpartition("/")[0], parents=True, exist_ok=True)
        tx.write_data(path, b"x")


def test_without_being_asked_nothing_is_removed(shore: Shore) -> None:
    applied = shore.apply(SOURCE)

    assert (applied.remaining, applied.pruned) == ((PIER, DAYS), ())
    assert shore.snapshot().exists(PIER)
    assert shore.snapshot().exists(DAYS)


def test_trees_and_records_of_what_is_gone_are_removed_in_one_transaction(shore: Shore) -> None:
    before = shore.txn()
    applied = shore.apply(SOURCE, pruning=True)

    assert shore.txn() == before + 1
    assert applied.pruned == (PIER, DAYS)
    assert shore.paths("/*") == ["/combined", "/raw", "/reduced", "/sys"]
    assert shore.paths("/combined/**") == ["/combined"]
    assert shore.paths("/reduced/**") == ["/reduced"]
    assert shore.paths(f"{BY_NAME}/*") == [f"{BY_NAME}/Scribble.tide"]
    assert [each.change for each in applied.resources] == [Change.UNCHANGED] + [Change.PRUNED] * 2


def test_what_was_pruned_is_in_earlier_snapshots(shore: Shore) -> None:
    before = shore.txn()
    shore.apply(SOURCE, pruning=True)

    assert Pond.open(shore.pond).snapshot(before).exists(PIER)


def test_pruning_again_does_nothing(shore: Shore) -> None:
    shore.apply(SOURCE, pruning=True)

    assert shore.apply(SOURCE, pruning=True).txn is None


def test_pruning_what_was_left_earlier_works_as_well(shore: Shore) -> None:
    shore.apply(SOURCE)
    shore.apply(SOURCE)

    assert shore.apply(SOURCE, pruning=True).pruned == (PIER, DAYS)


def test_a_part_that_is_gone_from_a_resource_is_pruned(shore: Shore) -> None:
    shore.apply(SOURCE.replace(", south", ""), SITE.replace("south", "north"), CHART)
    applied = shore.apply(
        SOURCE.replace(", south", ""), SITE.replace("south", "north"), CHART, pruning=True
    )

    assert applied.pruned == ("/raw/tide/south",)
    assert shore.paths("/raw/*/*") == ["/raw/tide/north"]


def test_what_nobody_declared_stays(shore: Shore) -> None:
    write(shore, "/combined/shore/notes.txt")
    write(shore, "/combined/other/notes.txt")
    shore.apply(SOURCE, pruning=True)

    assert shore.paths("/combined/*/*") == [
        "/combined/other/notes.txt",
        "/combined/shore/notes.txt",
    ]


def test_a_dry_run_lists_what_would_be_pruned(shore: Shore) -> None:
    before = shore.txn()
    outlook = shore.foresee(SOURCE, pruning=True)

    assert (shore.txn(), outlook.pruned) == (before, (PIER, DAYS))


def test_a_directory_goes_with_all_that_it_holds(empty: Shore) -> None:
    inbox = "kind: Inbox\nname: in\nspec: {pattern: x}\n"
    empty.apply(inbox)
    write(empty, "/raw/in/deep/a.csv")

    assert empty.apply("", pruning=True).pruned == ("/raw/in",)
    assert empty.paths("/raw/**") == ["/raw"]


def test_what_another_resource_declares_now_stays(empty: Shore) -> None:
    empty.apply("kind: Inbox\nname: tide\nspec: {pattern: x}\n")
    write(empty, "/raw/tide/a.csv")
    write(empty, "/raw/tide/north")
    applied = empty.apply(SOURCE, pruning=True)

    assert applied.pruned == ("/raw/tide/a.csv",)
    assert empty.paths("/raw/tide/*") == ["/raw/tide/north"]


def test_a_renamed_resource_is_not_gone(shore: Shore) -> None:
    beach = SITE.replace("name: shore", "name: beach\nmetadata: {renamedFrom: shore}")
    chart = CHART.replace("/combined/shore/", "/combined/beach/")
    applied = shore.apply(SOURCE, beach, chart, pruning=True)

    assert applied.pruned == ()
    assert shore.paths("/combined/*/*") == ["/combined/beach/Pier"]


def test_what_was_left_of_a_renamed_resource_is_pruned_under_its_old_name(shore: Shore) -> None:
    two = SITE + "    - {name: Cove, inputs: [{pattern: /raw/tide/north}]}\n"
    shore.apply(SOURCE, two)
    shore.collect()
    beach = SITE.replace("name: shore", "name: beach\nmetadata: {renamedFrom: shore}")
    applied = shore.apply(SOURCE, beach, pruning=True)

    assert applied.pruned == ("/combined/shore/Cove", DAYS)
    assert shore.paths("/combined/*/*") == ["/combined/beach/Pier"]


def test_the_quarantine_of_exports_goes_with_their_resource(empty: Shore) -> None:
    exports = "kind: LakeTech\nname: fb\nspec: {pattern: x/*, start: 2024-03-01}\n"
    empty.apply(exports)
    write(empty, "/quarantine/fb/files/a.htm")

    assert empty.apply("", pruning=True).pruned == ("/quarantine/fb/files",)
