"""Backups: everything that a pond ever committed, as files in a folder or a bucket."""

from pond_core.backup.backups import Backups
from pond_core.backup.cleanup import CleanedUp
from pond_core.backup.contact import Contact, Contacts
from pond_core.backup.expiry import Expired
from pond_core.backup.held import Held
from pond_core.backup.inspection import Inspection
from pond_core.backup.keep import Keep, Moment
from pond_core.backup.point import Point, Segment
from pond_core.backup.progress import Fetched, Progress
from pond_core.backup.push import Pushed
from pond_core.backup.replica import Pulled, promote
from pond_core.backup.restoration import Restored

__all__ = [
    "Backups",
    "CleanedUp",
    "Contact",
    "Contacts",
    "Expired",
    "Fetched",
    "Held",
    "Inspection",
    "Keep",
    "Moment",
    "Point",
    "Progress",
    "Pulled",
    "Pushed",
    "Restored",
    "Segment",
    "promote",
]
