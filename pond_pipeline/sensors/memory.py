"""What a folder's sensor remembers from tick to tick: its cursor, of one size for any folder."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Memory:
    """What a sensor knows.

    Attributes:
        state: A digest of the folder as it was dealt with last; empty before.
        key: The run that was asked for last; a run of one key is started once.
        attempts: How often a run was asked for in this state; 0 once nothing is left to ask for.
        again: Until when a run that failed is not asked for again; empty without a run.
        told: A digest of the names with problems, as the run before told of them.
        trouble: Why the folder could not be looked at; empty when it could.
    """

    state: str = ""
    key: str = ""
    attempts: int = 0
    again: str = ""
    told: str = ""
    trouble: str = ""

    @classmethod
    def parse(cls, cursor: str | None) -> "Memory":
        """Read a cursor; nothing is known from one that another version wrote."""
        try:
            return cls(**json.loads(cursor or "{}"))
        except (TypeError, ValueError):
            return cls()

    def cursor(self) -> str:
        """Return the text that `parse` reads."""
        return json.dumps(asdict(self))

    def asked(self, state: str, *, now: datetime) -> "Memory":
        """Return what is known once a run for a state is asked for.

        The key follows from the one before: a folder that is as it was once is a new state, and a
        tick that is repeated because its answer was lost asks for the same run.
        """
        attempts = self.attempts + 1 if state == self.state else 1
        digest = hashlib.sha256(json.dumps([self.key, state, attempts]).encode()).hexdigest()
        wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 10), _LONGEST_WAIT)
        return Memory(state, digest[:32], attempts, (now + wait).isoformat(), self.told)

    def settled(self, state: str, *, told: str) -> "Memory":
        """Return what is known once a state is dealt with, and its problems are told."""
        return Memory(state, self.key, told=told)

    def waits(self, state: str, *, now: datetime) -> bool:
        """Say whether it is too early to ask again for what a run failed at."""
        return state == self.state and self.again != "" and now < datetime.fromisoformat(self.again)

    def troubled(self, trouble: str) -> "Memory":
        """Return what is known when the folder cannot be looked at."""
        return replace(self, trouble=trouble)
