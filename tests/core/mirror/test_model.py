"""Whatever happens on both sides, nothing is lost, and two quiet runs bring them in step."""

import itertools
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from itertools import filterfalse
from pathlib import Path

import hypothesis.strategies as st
import pyarrow as pa
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from typing_extensions import override

from pond_core import Mirrored, NotFoundError, PathError, Transaction, Window
from pond_core.mirror.naming import is_conflict
from tests.conformance.filesystem import readings
from tests.core.mirror.sides import held, shown
from tests.core.mirror.stage import Stage, parquet

NAMES = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map("/".join)
HOST_NAMES = st.builds(lambda name, suffix: name + suffix, NAMES, st.sampled_from(["", ".parquet"]))


class MirrorMachine(RuleBasedStateMachine):
    """A pond and a folder, changed at random and mirrored now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp())
        self.stage = Stage(self.place)
        self.contents = itertools.count()
        self.history: set[object] = set()

    def fresh(self) -> int:
        """Return a number that no content had before."""
        return next(self.contents)

    @initialize(lazy=st.booleans())
    def begin(self, *, lazy: bool) -> None:
        self.stage.run(lazy=lazy)

    @rule(name=NAMES)
    def want(self, name: str) -> None:
        with suppress(NotFoundError):
            self.stage.run(want=[f"/{name}"])

    # In the pond

    @rule(name=NAMES)
    def write(self, name: str) -> None:
        data = b"%d" % self.fresh()
        self.change(lambda tx: tx.write_data(f"/{name}", data))

    @rule(name=NAMES)
    def write_series(self, name: str) -> None:
        table = readings({1: float(self.fresh())})
        self.change(lambda tx: tx.write_window(f"/{name}", table, Window(0, 10)))

    @rule(name=NAMES)
    def write_table(self, name: str) -> None:
        table = pa.table({"value": [float(self.fresh())]})
        self.change(lambda tx: tx.write_table(f"/{name}", table))

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.change(lambda tx: tx.remove(f"/{name}", recursive=True))

    @rule(src=NAMES, dst=NAMES)
    def rename(self, src: str, dst: str) -> None:
        self.change(lambda tx: tx.rename(f"/{src}", f"/{dst}"))

    @rule(name=NAMES)
    def mkdir(self, name: str) -> None:
        self.change(lambda tx: tx.mkdir(f"/{name}", parents=True, exist_ok=True))

    @rule(name=NAMES, leads_to=NAMES)
    def symlink(self, name: str, leads_to: str) -> None:
        self.change(lambda tx: tx.symlink(f"/{name}", f"/{leads_to}"))

    def change(self, act: Callable[[Transaction], object]) -> None:
        try:
            with self.stage.pond.transaction() as tx:
                act(tx)
        except PathError:
            return
        self.remember()

    # In the folder

    @rule(name=HOST_NAMES)
    def put(self, name: str) -> None:
        self.touch(lambda: self.stage.put(name, b"%d" % self.fresh()))

    @rule(name=HOST_NAMES)
    def put_rows(self, name: str) -> None:
        table = readings({1: float(self.fresh())})
        self.touch(lambda: self.stage.put(name, parquet(table)))

    @rule(name=HOST_NAMES)
    def unlink(self, name: str) -> None:
        self.touch((self.stage.folder / name).unlink)

    @rule(name=NAMES)
    def remove_tree(self, name: str) -> None:
        self.touch(lambda: shutil.rmtree(self.stage.folder / name))

    @rule(name=NAMES)
    def make_directory(self, name: str) -> None:
        self.touch(lambda: (self.stage.folder / name).mkdir(parents=True, exist_ok=True))

    @rule(src=HOST_NAMES, dst=HOST_NAMES)
    def move(self, src: str, dst: str) -> None:
        self.touch(lambda: (self.stage.folder / src).rename(self.stage.folder / dst))

    @staticmethod
    def touch(act: Callable[[], object]) -> None:
        try:
            act()
        except OSError:
            return

    # Mirroring

    @rule(both=st.booleans())
    def mirror(self, *, both: bool) -> None:
        self.run(both=both)

    @rule()
    def come_in_step(self) -> None:
        self.run(both=True)
        self.run(both=True)
        quiet = self.run(both=True)
        assert (quiet.written, quiet.deleted, quiet.taken, quiet.dropped) == (0, 0, 0, 0)
        assert (quiet.taken_in, quiet.conflicts, quiet.waiting) == (None, (), ())
        self.check_equal(quiet)

    def run(self, *, both: bool) -> Mirrored:
        before = set(filterfalse(is_placeholder, held(self.stage.folder).values()))
        done = self.stage.run(both=both, emptied=True)
        self.remember()
        after = set(held(self.stage.folder).values())
        lost = before - after - self.history
        assert lost == set()
        return done

    def remember(self) -> None:
        self.history.update(shown(self.stage.pond.snapshot()).values())

    def check_equal(self, done: Mirrored) -> None:
        left = {each.where for each in done.findings}
        pond = shown(self.stage.pond.snapshot())
        folder = {
            name: content
            for name, content in held(self.stage.folder).items()
            if not is_conflict(name)
        }
        standing = {name for name in pond if is_placeholder(folder.get(f"{name}.pond"))}
        not_here = {name for name in standing if name not in folder}
        placeholders = {f"{name}.pond" for name in standing}
        for name in (pond.keys() | folder.keys()) - placeholders - not_here:
            if not is_left(name, left):
                assert (name, folder.get(name)) == (name, pond.get(name))

    @override
    def teardown(self) -> None:
        try:
            self.come_in_step()
            assert self.stage.pond.verify().findings == ()
        finally:
            shutil.rmtree(self.place)


def is_placeholder(content: object) -> bool:
    return isinstance(content, bytes) and content.startswith(b"{")


def is_left(name: str, left: set[str]) -> bool:
    """Say whether a name, or a directory above it, was told of."""
    parts = name.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    paths = [f"/{each}" for each in above]
    return bool(left & {*above, *paths, *(each.removesuffix(".parquet") for each in paths)})


TestMirrorMachine = MirrorMachine.TestCase
TestMirrorMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
