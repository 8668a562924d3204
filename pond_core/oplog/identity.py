"""Who a pond is: its UUID, and whether it is that pond itself or a replica of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

POND = "pond.id"
REPLICA = "pond.replica"

_YES = "true"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a pond is.

    Attributes:
        pond: Its UUID.
        is_replica: Whether it only shows what the pond of that UUID has committed elsewhere.
    """

    pond: str
    is_replica: bool = False

    @classmethod
    def new(cls) -> "Identity":
        """Return one that no other pond has."""
        return cls(str(uuid.uuid4()))

    @classmethod
    def of(cls, properties: Mapping[str, str | None]) -> "Identity":
        """Return what a table's properties say; the UUID is empty where they say none."""
        return cls(properties.get(POND) or "", properties.get(REPLICA) == _YES)

    @property
    def properties(self) -> dict[str, str]:
        """What the table's properties should say."""
        return {POND: self.pond} | ({REPLICA: _YES} if self.is_replica else {})
