"""Where bytes are kept: files on a disk that are whole or not there, and buckets likewise."""

from pond_core.storage.bucket import Access, Bucket
from pond_core.storage.cache import LEAVING, Cache
from pond_core.storage.durability import (
    Durability,
    check_room,
    digest_of,
    sha256_of,
    storage_errors,
)
from pond_core.storage.folder import Folder
from pond_core.storage.home import home_of, url_of
from pond_core.storage.lock import exclusive
from pond_core.storage.place import Place, Stored
from pond_core.storage.proof import prove
from pond_core.storage.sealed import Sealed, is_sealed
from pond_core.storage.since import Since
from pond_core.storage.tally import Tally, count, count_read, count_whole, source_of

__all__ = [
    "LEAVING",
    "Access",
    "Bucket",
    "Cache",
    "Durability",
    "Folder",
    "Place",
    "Sealed",
    "Since",
    "Stored",
    "Tally",
    "check_room",
    "count",
    "count_read",
    "count_whole",
    "digest_of",
    "exclusive",
    "home_of",
    "is_sealed",
    "prove",
    "sha256_of",
    "source_of",
    "storage_errors",
    "url_of",
]
