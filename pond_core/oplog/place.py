"""Where a log can be made, and where one was."""

from pathlib import Path

from pond_core.errors import NotAPondError, StorageError
from pond_core.oplog.remains import log_files
from pond_core.storage import Durability


def check_path(pond: Path) -> None:
    """Refuse a directory whose path deltalake misreads."""
    if "%" in str(pond) or _is_no_text(str(pond)):
        msg = f"{pond}: deltalake takes % in a path for another character, and wants it in UTF-8"
        raise StorageError(msg, hint="keep the pond in a directory of another name")


def _is_no_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return True
    return False


def check_not_lost(pond: Path, durability: Durability) -> None:
    """Refuse a pond that has log files and nothing that lists them."""
    if any(True for _ in log_files(pond / "oplog", durability)):
        label = durability.label(pond)
        msg = f"the Delta log of the pond at {label} is gone"
        raise NotAPondError(msg, hint=f"make a new one with `pond --pond {label} repair`")
