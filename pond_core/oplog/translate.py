"""The only place that knows which exceptions deltalake and pyarrow raise."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from deltalake.exceptions import DeltaError, TableNotFoundError

from pond_core.errors import CorruptionError, NotAPondError, StorageError, StoreError
from pond_core.storage import storage_errors

_OS_ERROR = re.compile(r"\(os error (?P<number>\d+)\)")
"""How Rust's messages end where the operating system refused."""


@contextlib.contextmanager
def delta_errors(path: Path) -> Iterator[None]:
    """Turn what deltalake raises into errors of ours.

    Raises:
        NotAPondError: There is no Delta table at `path`.
        StorageError: The disk refuses.
        StoreError: Anything else, with deltalake's own words.
    """
    try:
        yield
    except TableNotFoundError as exc:
        msg = f"{path} holds no operation log"
        raise NotAPondError(msg, hint="make a pond with `pond init`") from exc
    except OSError as exc:
        msg = f"{path}: {exc}"
        raise StorageError(msg) from exc
    except ValueError as exc:  # a checkpoint without what every file must have
        msg = f"{path} cannot be read: {exc}"
        raise CorruptionError(msg, hint="`pond verify` says what is damaged") from exc
    except DeltaError as exc:
        refused = _OS_ERROR.search(str(exc))
        if refused:
            with storage_errors(path):
                raise OSError(int(refused["number"]), str(exc)) from exc
        msg = f"{path}: {exc}"
        raise StoreError(msg, hint="`pond verify` says what is damaged") from exc
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":  # deltalake's last word on some damage
            raise
        msg = f"{path} cannot be read: deltalake gave up ({exc})"
        raise CorruptionError(msg, hint="`pond verify` says what is damaged") from exc


@contextlib.contextmanager
def parquet_errors(path: Path) -> Iterator[None]:
    """Turn what a missing or damaged Parquet file raises into `CorruptionError`."""
    try:
        yield
    except FileNotFoundError as exc:
        msg = f"{path} is missing, though the log names it"
        raise CorruptionError(msg, hint="`pond verify` says what else is") from exc
    # ValueError: names of columns that are no UTF-8.
    except (pa.ArrowException, OSError, KeyError, ValueError) as exc:
        msg = f"{path} cannot be read: {exc}"
        raise CorruptionError(msg, hint="`pond verify` says what else is damaged") from exc
