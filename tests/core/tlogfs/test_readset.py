"""What a caller says it read: others may change all else, and none of it."""

import pytest

from pond_core import (
    ConflictError,
    EntryType,
    InvalidPathError,
    Pond,
    Recipe,
    Transaction,
    Window,
)
from tests.conformance.filesystem import readings
from tests.core.tlogfs.changes import Change, data, remove, rename


@pytest.fixture
def pond(pond: Pond) -> Pond:
    with pond.transaction() as tx:
        tx.mkdir("/d/e", parents=True)
        tx.mkdir("/z")
        tx.write_data("/f", b"old")
        tx.write_data("/d/a.csv", b"old")
        tx.write_data("/d/b.csv", b"old")
        tx.write_data("/d/e/deep", b"old")
        tx.write_window("/s", readings({1: 1.0}), Window(0, 10))
        tx.symlink("/to_f", "/f")
        tx.symlink("/to_d", "/d")
        tx.symlink("/nowhere", "/gone")
        tx.symlink("/circle", "/circle")
    return pond


def made_again(path: str) -> Change:
    def act(tx: Transaction) -> None:
        tx.remove(path)
        tx.write_data(path, b"old")

    return act


def redirected(path: str, target: str) -> Change:
    def act(tx: Transaction) -> None:
        tx.remove(path)
        tx.symlink(path, target)

    return act


def there_and_back(tx: Transaction) -> None:
    tx.rename("/f", "/z/f")
    tx.rename("/z/f", "/f")


def moved_and_copied(tx: Transaction) -> None:
    tx.rename("/d", "/z/d")
    tx.copy("/z/d", "/d", recursive=True)


def made_deep(tx: Transaction) -> None:
    tx.mkdir("/new/x", parents=True)
    tx.write_data("/new/x/f", b"")


# 10.8 What was named must not have changed.
CHANGED: dict[str, tuple[str, Change]] = {
    "a file is written": ("/f", data("/f")),
    "a file is removed": ("/f", remove("/f")),
    "a file is renamed": ("/f", rename("/f", "/z/f")),
    "a file is another one of the same content": ("/f", made_again("/f")),
    "a file is marked": ("/f", lambda tx: tx.mark("/f", {"a": 1})),
    "nothing was there, and something is": ("/new", data("/new")),
    "nothing was there, not even a directory": (
        "/new/deep",
        lambda tx: tx.mkdir("/new/deep", parents=True),
    ),
    "a directory above is removed": ("/d/e/deep", remove("/d")),
    "a directory above is moved": ("/d/e/deep", rename("/d", "/z/d")),
    "a directory above nothing is moved": ("/d/nothing", rename("/d", "/z/d")),
    "another directory takes the place of one above": (
        "/d/e/deep",
        moved_and_copied,
    ),
    "a window is written": ("/s", lambda tx: tx.write_window("/s", None, Window(50, 60))),
    "a range is marked": ("/s", lambda tx: tx.mark("/s", {"a": 1}, Window(0, 10))),
    "a directory gets a name": ("/z", data("/z/new")),
    "a directory loses a name": ("/d", remove("/d/a.csv")),
    "a name in a directory leads to another node": ("/d", made_again("/d/a.csv")),
    "a directory is marked": ("/z", lambda tx: tx.mark("/z", {"a": 1})),
    "the root gets a name": ("/", data("/new")),
    "a symlink's file is written": ("/to_f", data("/f")),
    "a symlink's directory gets a name": ("/to_d", data("/d/new")),
    "a symlink leads elsewhere": ("/to_f", redirected("/to_f", "/d/a.csv")),
    "a symlink on the way leads elsewhere": ("/to_d/a.csv", redirected("/to_d", "/d/e")),
    "a symlink that led nowhere leads to something": ("/nowhere", data("/gone")),
    "a symlink in a circle is removed": ("/circle", remove("/circle")),
    "a file behind a symlink is written": ("/to_d/a.csv", data("/d/a.csv")),
    "a pattern has a match more": ("/d/*.csv", data("/d/c.csv")),
    "a pattern has a match less": ("/d/*.csv", remove("/d/a.csv")),
    "a match has another name": ("/d/*.csv", rename("/d/a.csv", "/d/c.csv")),
    "a match is written": ("/d/*.csv", data("/d/b.csv")),
    "a match is another node": ("/d/*.csv", made_again("/d/b.csv")),
    "a pattern without a match gets one": ("/z/*", data("/z/new")),
    "a pattern below a directory that was not there": (
        "/new/*/f",
        made_deep,
    ),
    "something far below is written": ("/d/**", data("/d/e/deep")),
    "something far below is made": ("/d/**", data("/d/e/new")),
    "the directory of a pattern is moved away": ("/d/*.csv", rename("/d", "/z/d")),
    "a directory with matches is moved in": ("/z/**/*.csv", rename("/d", "/z/d")),
    "a relative path counts from the root": ("f", data("/f")),
}

UNCHANGED: dict[str, tuple[str, Change]] = {
    "another file": ("/f", data("/d/a.csv")),
    "another name in the same directory": ("/d/a.csv", data("/d/new")),
    "a name below a directory that was read": ("/d", data("/d/e/new")),
    "the content of a file in a directory that was read": ("/d", data("/d/a.csv")),
    "a name that does not match": ("/d/*.csv", data("/d/c.txt")),
    "a file that does not match": ("/d/*.csv", data("/d/e/deep")),
    "a directory that might have held a match": ("/*/x", lambda tx: tx.mkdir("/new")),
    "a file that went and came back": ("/f", there_and_back),
    "a symlink that leads the same way": ("/to_d/a.csv", redirected("/to_d", "d")),
    "the directory that holds a directory that was read is marked": (
        "/d/e",
        lambda tx: tx.mark("/d", {"a": 1}),
    ),
    "a symlink in a circle beside it": ("/f", remove("/circle")),
}


@pytest.mark.parametrize(("read", "theirs"), CHANGED.values(), ids=CHANGED)
def test_a_transaction_that_read_what_others_changed_is_refused(
    pond: Pond, read: str, theirs: Change
) -> None:
    with pytest.raises(ConflictError) as info, pond.transaction(read=[read]) as tx:  # noqa: PT012  # a race
        tx.write_data("/ours", b"")
        pond.transact(theirs)
    assert (info.value.base, info.value.other) == (1, 2)
    assert str(info.value).startswith("txn 2 changed '/")
    assert str(info.value).endswith("', which this transaction read as of txn 1")
    assert not pond.snapshot().exists("/ours")


@pytest.mark.parametrize(("read", "theirs"), UNCHANGED.values(), ids=UNCHANGED)
def test_a_transaction_that_read_other_things_is_committed(
    pond: Pond, read: str, theirs: Change
) -> None:
    with pond.transaction(read=[read]) as tx:
        tx.write_data("/ours", b"")
        pond.transact(theirs)
    assert pond.snapshot().exists("/ours")


def test_10_9_what_was_not_said_to_be_read_may_change(pond: Pond) -> None:
    with pond.transaction() as tx:
        tx.write_data("/ours", tx.read_data("/f"))
        pond.transact(data("/f"))
    assert pond.snapshot().read_data("/ours") == b"old"


def test_one_of_many_is_enough(pond: Pond) -> None:
    read = ["/z/*", "/s", "/d/*.csv", "/gone"]
    with pytest.raises(ConflictError, match="'/s'") as info, pond.transaction(read=read) as tx:  # noqa: PT012  # a race
        tx.write_data("/ours", b"")
        pond.transact(data("/f"))
        pond.transact(lambda other: other.mark("/s", {"a": 1}))
    assert info.value.other == 3


def test_transact_runs_again_and_reads_what_is_there_then(pond: Pond) -> None:
    seen: list[bytes] = []

    def copy(tx: Transaction) -> None:
        seen.append(tx.read_data("/f"))
        if len(seen) == 1:
            pond.transact(data("/f"))
        tx.write_data("/ours", seen[-1])

    pond.transact(copy, read=["/f"], sleep=lambda _s: None)
    assert seen == [b"old", b"new"]
    assert pond.snapshot().read_data("/ours") == b"new"


def test_two_that_each_write_what_the_other_reads_are_not_both_committed(pond: Pond) -> None:
    """Write skew: each is right by itself, and both together break what both rely on."""
    with pytest.raises(ConflictError), pond.transaction(read=["/f"]) as ours:  # noqa: PT012  # a race
        ours.write_data("/d/a.csv", ours.read_data("/f"))
        with pond.transaction(read=["/d/a.csv"]) as theirs:
            theirs.write_data("/f", theirs.read_data("/d/a.csv"))


def test_its_own_changes_to_what_it_read_are_none_of_others(pond: Pond) -> None:
    with pond.transaction(read=["/d/**", "/f"]) as tx:
        tx.write_data("/f", b"ours")
        tx.write_data("/d/new.csv", b"ours")
        tx.remove("/d/e", recursive=True)
        pond.transact(data("/z/theirs"))
    assert pond.snapshot().read_data("/f") == b"ours"


def test_10_9_a_transaction_that_changes_nothing_is_never_refused(pond: Pond) -> None:
    with pond.transaction(read=["/f"]) as tx:
        pond.transact(data("/f"))
        assert tx.read_data("/f") == b"old"
    assert tx.header is None


@pytest.mark.parametrize("bad", ["", "/a/[", "/a/../b", "/a\0", "/a**"])
def test_what_is_no_path_is_refused_before_anything_runs(pond: Pond, bad: str) -> None:
    with pytest.raises(InvalidPathError):
        pond.transact(lambda _tx: pytest.fail("it ran"), read=["/f", bad])


def test_one_text_is_no_list_of_paths(pond: Pond) -> None:
    with pytest.raises(InvalidPathError, match="a list of paths") as info:
        pond.transact(lambda _tx: pytest.fail("it ran"), read="/f")
    assert info.value.hint == "write read=['/f']"


@pytest.mark.parametrize("read", ["/dyn", "/dyn/s", "/dyn/s/res=1h", "/dyn/*", "/dyn/s/*"])
def test_a_dynamic_directory_on_the_way_counts(pond: Pond, read: str) -> None:
    def redo(resolution: str) -> Change:
        config = {"in_pattern": "/*", "out_pattern": "$0", "resolutions": [resolution]}
        recipe = Recipe(EntryType.DIRECTORY, "reduce", config)
        return lambda tx: tx.write_recipe("/dyn", recipe)

    def ours() -> None:
        with pond.transaction(read=[read]) as tx:
            tx.write_data("/note", b"ours")
            pond.transact(redo("2h"))

    pond.transact(redo("1h"))
    with pytest.raises(ConflictError):
        ours()
