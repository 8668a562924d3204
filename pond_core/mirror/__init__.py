"""Mirrors: the files of a subtree of the pond as files of the host, kept in step."""

from pond_core.mirror.bringing import MirrorConflict
from pond_core.mirror.mirror import Mirror, Mirrored

__all__ = ["Mirror", "MirrorConflict", "Mirrored"]
