"""Places for backups: how they are named, and where they must not lie."""

from pathlib import Path

from pond_core.errors import DataError
from pond_core.oplog import is_pond
from pond_core.storage import Access, Bucket, Durability, Folder, Place


def place_of(where: str | Path | Place, access: Access | None, durability: Durability) -> Place:
    """Return the place that is named: a folder or a bucket; or one that is given.

    Raises:
        DataError: Nothing is named, or the URL is of no bucket.
    """
    match where:
        case "":
            raise DataError("the place of a backup is named by an empty text")
        case str() if "://" in where:
            return Bucket(where, access=access)
        case str() | Path():
            return Folder(Path(where).resolve(), durability=durability)
        case _:
            return where


def check_apart(place: Place) -> None:
    """Refuse a place that is shared with a pond.

    Its objects would be taken for those of the backup, and fall to a clean-up. Of a bucket it costs
    a request.

    Raises:
        DataError: It is.
    """
    match place:
        case Folder(root=root):
            found = next((each for each in (root, *root.parents) if is_pond(each)), None)
            where = "" if found is None else str(found)
        case _:
            is_there = next(place.files("oplog/_delta_log"), None) is not None
            where = place.label if is_there else ""
    if where:
        msg = f"{place.label} lies in the pond {where}, and is no place for a backup"
        raise DataError(msg, hint="name a folder on another disk, or a prefix of its own")
