"""Dynamic nodes in the log keep the rules, before a commit and after it."""

from hypothesis import settings

from tests.conformance.dynamic import DynamicContract, DynamicMachine
from tests.core.tlogfs.stores import InLog, MachineInLog


class TestOpLogDynamic(InLog, DynamicContract):
    pass


class OpLogDynamicMachine(MachineInLog, DynamicMachine):
    pass


TestOpLogDynamicMachine = OpLogDynamicMachine.TestCase
TestOpLogDynamicMachine.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
