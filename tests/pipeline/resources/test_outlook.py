"""What applying a file would change: told before, in the words of the file, never a secret."""

from pond_pipeline.resources import Change, KeyChange
from tests.pipeline.resources.shore import CHART, DAYS, PIER, SITE, SOURCE, Shore

ACCOUNT = """\
kind: HydroVu
name: noyo
spec:
  key: ${env:KEY}
  secret: swordfish
  start: 2024-03-01
  devices:
    - {name: A, id: 7, interval: 1h}
    - {name: B, id: 8}
"""


def changes(shore: Shore, before: str, after: str) -> tuple[KeyChange, ...]:
    """Return what of a resource changes."""
    shore.apply(before)
    (resource,) = shore.foresee(after).resources
    return resource.keys


def test_without_a_pond_everything_is_new_and_none_is_made(empty: Shore) -> None:
    outlook = empty.foresee(SOURCE, SITE, CHART)

    assert [(each.change, each.id) for each in outlook.resources] == [(Change.CREATED, None)] * 3
    assert outlook.added == ("/raw/tide/north", "/raw/tide/south", PIER, DAYS)
    assert (outlook.txn, outlook.dry_run) == (None, True)
    assert not empty.pond.exists()


def test_a_dry_run_writes_nothing_and_says_what_apply_then_does(shore: Shore) -> None:
    before, changed = shore.txn(), SITE.replace("desc: The shore", "desc: A pier")
    outlook = shore.foresee(SOURCE, changed)
    assert shore.txn() == before
    applied = shore.apply(SOURCE, changed)

    assert outlook.resources == applied.resources
    assert [each.change for each in applied.resources] == [
        Change.UNCHANGED,
        Change.UPDATED,
        Change.GONE,
    ]
    assert (applied.txn, applied.dry_run) == (before + 1, False)


def test_a_value_that_changes_is_told_with_its_key(empty: Shore) -> None:
    assert changes(empty, ACCOUNT, ACCOUNT.replace("interval: 1h", "interval: 15m")) == (
        KeyChange("spec.devices[A].interval", "1h", "15m"),
    )


def test_keys_that_come_and_go_are_told(empty: Shore) -> None:
    after = ACCOUNT.replace("name: noyo", "name: noyo\nmetadata: {owner: lab}")
    after = after.replace(", interval: 1h", "")

    assert changes(empty, ACCOUNT, after) == (
        KeyChange("spec.devices[A].interval", "1h", None),
        KeyChange("metadata.owner", None, "lab"),
    )


def test_an_instrument_is_told_by_its_name_wherever_it_stands(empty: Shore) -> None:
    after = ACCOUNT.replace("    - {name: A, id: 7, interval: 1h}\n", "")

    assert changes(empty, ACCOUNT, after) == (
        KeyChange("spec.devices[A].name", "A", None),
        KeyChange("spec.devices[A].id", 7, None),
        KeyChange("spec.devices[A].interval", "1h", None),
    )


def test_no_secret_is_in_what_is_told(empty: Shore) -> None:
    after = ACCOUNT.replace("swordfish", "${env:SECRET}").replace("${env:KEY}", "barracuda")
    told = changes(empty, ACCOUNT, after)

    assert [each.key for each in told] == ["spec.key", "spec.secret"]
    assert "swordfish" not in repr(told)
    assert "barracuda" not in repr(told)


def test_assets_that_come_and_go_are_told(shore: Shore) -> None:
    outlook = shore.foresee(SOURCE.replace("south", "east"), SITE.replace("south", "east"), CHART)

    assert (outlook.added, outlook.removed) == (("/raw/tide/east",), ("/raw/tide/south",))
    assert outlook.remaining == ("/raw/tide/south",)


def test_what_was_never_collected_is_not_left_behind(empty: Shore) -> None:
    empty.apply(SOURCE, SITE)
    outlook = empty.foresee(SOURCE)

    assert (outlook.removed, outlook.remaining) == ((PIER,), ())


def test_what_is_gone_is_told_for_as_long_as_it_is_there(shore: Shore) -> None:
    shore.apply(SOURCE, SITE)
    again = shore.foresee(SOURCE, SITE)

    assert [(each.kind, each.name, each.change) for each in again.resources[2:]] == [
        ("Reduce", "charts", Change.GONE)
    ]
    assert again.remaining == (DAYS,)


def test_a_resource_that_comes_back_is_the_one_that_it_was(shore: Shore) -> None:
    first = shore.apply(SOURCE, SITE, CHART).resources[2]
    shore.apply(SOURCE, SITE)
    back = shore.apply(SOURCE, SITE, CHART)

    assert back.resources[2] == first
    assert back.remaining == ()
