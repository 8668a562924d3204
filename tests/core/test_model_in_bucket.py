"""What two machines do to a pond in a bucket, against a model of it: see `test_model`."""

import itertools
from collections.abc import Collection
from uuid import uuid4

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from typing_extensions import override

from pond_core import Pond
from pond_core.storage import Bucket
from tests.core.test_model import PondMachine
from tests.s3.server import BUCKET, Server


class BucketMachine(PondMachine):
    """Two long-lived ponds, each on a machine of its own; a third one opens it now and then."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.url = f"s3://{BUCKET}/{uuid4()}"
        self.server = server
        self.machines = itertools.count()

    @override
    def made(self) -> Pond:
        self.travel()
        return Pond.init(self.url, access=self.server.access)

    @override
    def opened(self) -> Pond:
        self.travel()
        return Pond.open(self.url, access=self.server.access)

    def travel(self) -> None:
        """Go to the next machine."""
        self.patch.setenv("POND_CACHE", str(self.directory / f"{next(self.machines) % 3}"))

    @override
    def files(self) -> Collection[object]:
        return {each.name for each in Bucket(self.url, access=self.server.access).files("")}

    @override
    def repair(self) -> None:
        """Nothing: that is done on a disk, and so no rule here."""


def test_whatever_two_machines_do_it_is_as_if_done_in_memory(s3_server: Server) -> None:
    steps = settings(max_examples=6, stateful_step_count=20, deadline=None)
    machine = lambda: BucketMachine(s3_server)  # noqa: E731 -- called for each example
    run_state_machine_as_test(machine, settings=steps)  # type: ignore[arg-type]  # it is called
