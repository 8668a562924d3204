"""Backups: everything that a pond ever committed, as files that never change, in a folder."""

from pond_core.backup.folder import BackupFolder
from pond_core.backup.inspection import Inspection
from pond_core.backup.point import Point, Segment
from pond_core.backup.push import Pushed
from pond_core.backup.restoration import Restored

__all__ = ["BackupFolder", "Inspection", "Point", "Pushed", "Restored", "Segment"]
