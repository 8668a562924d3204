"""Paths as text: absolute, normalized, pure. Nothing here looks at a tree.

A canonical path is `/` or `/a/b`: no empty part, no `.` or `..`, no slash at the end, NFC. Every
function but `resolve` takes canonical paths and gives canonical paths.
"""

import re
import unicodedata

from pond_core.errors import InvalidPathError

MAX_NAME_BYTES = 255
"""The longest name, in bytes of UTF-8: what Linux, macOS and S3 tools all accept in an export."""

_PLAIN = re.compile(rf"(?:/(?!\.)[^/\0\x80-\U0010ffff]{{1,{MAX_NAME_BYTES}}})+")
"""Paths that are canonical for certain: absolute, ASCII, no name begins with a dot. Most are."""


def resolve(text: str, base: str | None = None) -> str:
    """Return the canonical form of what a user wrote.

    `..` is lexical: it takes back the name before it, whatever that name leads to.

    Args:
        text: A path, absolute or relative, with any number of slashes, `.` and `..`.
        base: The canonical directory from which a relative path counts; None refuses one.

    Raises:
        InvalidPathError: It is empty, leads above the root, holds NUL or text that UTF-8 cannot
            hold, has a name over `MAX_NAME_BYTES`, or is relative without a base.
    """
    if _PLAIN.fullmatch(text):
        return text
    names = list(base_names(text, base))
    for name in legible(text).split("/"):
        if name == "..":
            if not names:
                raise invalid(text, "leads above the root", hint="take out a '..'")
            names.pop()
        elif name not in ("", "."):
            names.append(checked_name(name, within=text))
    return "/" + "/".join(names)


def parts(path: str) -> tuple[str, ...]:
    """Return the names along a path; none for the root."""
    return tuple(path[1:].split("/")) if path != "/" else ()


def join(path: str, *names: str) -> str:
    """Return the path of what has these names below `path`."""
    return "/" + "/".join((*parts(path), *names))


def parent(path: str) -> str:
    """Return the path of the directory that holds it; the root holds itself."""
    return path.rpartition("/")[0] or "/"


def name(path: str) -> str:
    """Return the last name; empty for the root."""
    return path.rpartition("/")[2]


def legible(text: str) -> str:
    """Return `text` in NFC, or refuse what no name may hold.

    Raises:
        InvalidPathError: It is empty, or holds NUL or a lone surrogate.
    """
    if not text:
        raise invalid(text, "is empty", hint="write '.' for the working directory")
    if "\0" in text:
        raise invalid(text, "holds a NUL character")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        reason = f"cannot be written in UTF-8: {error.reason} at character {error.start + 1}"
        raise invalid(text, reason, hint="decode the name with its own encoding") from error
    return unicodedata.normalize("NFC", text)


def base_names(text: str, base: str | None) -> tuple[str, ...]:
    """Return the names that come before those of `text`: the base's, unless it is absolute.

    Raises:
        InvalidPathError: It is relative and there is no base.
    """
    if text.startswith("/"):
        return ()
    if base is None:
        raise invalid(text, "is no absolute path", hint="begin it with '/'")
    return parts(base)


def checked_name(name: str, *, within: str) -> str:
    """Return a name that is not too long.

    Raises:
        InvalidPathError: It is over `MAX_NAME_BYTES`; the message quotes `within`.
    """
    size = len(name) if name.isascii() else len(name.encode())
    if size > MAX_NAME_BYTES:
        reason = f"has a name of {size} bytes; {MAX_NAME_BYTES} are the most"
        raise invalid(within, reason, hint="shorten the name")
    return name


def invalid(text: str, reason: str, *, hint: str = "") -> InvalidPathError:
    """Return the error that quotes `text`, shortened where it is very long."""
    most = 200
    quoted = repr(text if len(text) <= most else text[:most] + "...")
    return InvalidPathError(f"{quoted} {reason}", path=text, hint=hint)
