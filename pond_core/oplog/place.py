"""Where a log can be made, and where one was."""

from pathlib import Path

from pond_core.errors import NotAPondError, StorageError
from pond_core.oplog import delta_log
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


def no_pond(pond: Path, label: str) -> NotAPondError:
    """Return the error that there is no pond, with what to do: often one is in a folder above.

    Args:
        pond: The directory.
        label: How messages name it.
    """
    msg = f"there is no pond at {label}"
    new = f"`pond --pond {label} init` makes a new one"
    for folder in pond.absolute().parent.parents:
        if delta_log.is_there(folder / pond.name / "oplog" / "_delta_log"):
            return NotAPondError(msg, hint=f"there is one in {folder}: go there; {new}")
    hint = f"go to the folder that holds it, or name it: pond --pond DIR ...; {new}"
    return NotAPondError(msg, hint=hint)
