"""The files that a new pond begins with: resources, names of their secrets, what git ignores."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

from pond_pipeline.cli.transfer import whole_file
from pond_pipeline.errors import ConfigError

TEMPLATES = ("noyo", "well", "empty")
"""Which there are: a marine science centre, a small water utility, nothing yet."""

_RESOURCES, _ENVIRONMENT, _IGNORED = "resources.yaml", ".env.example", ".gitignore"
_ACCOUNT = ("HYDROVU_KEY=", "HYDROVU_SECRET=")
_VARIABLES = {"noyo": _ACCOUNT, "well": (*_ACCOUNT, "WEBHOOK="), "empty": _ACCOUNT}
_ENVIRONMENT_HEADER = "# Copy to .env (chmod 600 .env) and fill in; .env is never committed."
_OURS = (".env", ".pond/", ".dagster/", "site/")


def write_starter(template: str, folder: Path, *, make_pond: Callable[[], None]) -> list[str]:
    """Write the files of a template into a folder, and make the pond, or leave all as it was.

    Args:
        template: One of `TEMPLATES`.
        folder: Where; `.env.example` and `.gitignore` may be there, and get what they lack.
        make_pond: Makes the pond; what it raises leaves the folder as it was.

    Returns:
        The files that were written or added to.

    Raises:
        ConfigError: There is a `resources.yaml` already.
        OSError: The host refuses.
    """
    resources = folder / _RESOURCES
    if resources.exists() or resources.is_symlink():
        msg = f"there is a {_RESOURCES} in this folder already"
        raise ConfigError(msg, hint="run it in another folder, or without --template")
    text = files("pond_pipeline.cli").joinpath("templates", f"{template}.yaml").read_bytes()
    with whole_file(resources) as sink:
        sink.write(text)
        make_pond()
    written = [_RESOURCES]
    if _add(folder / _ENVIRONMENT, _VARIABLES[template], header=_ENVIRONMENT_HEADER):
        written.append(_ENVIRONMENT)
    if _add(folder / _IGNORED, _OURS):
        written.append(_IGNORED)
    return written


def _add(path: Path, lines: tuple[str, ...], *, header: str = "") -> bool:
    """Add to a text file what it lacks of some lines, and say whether that was anything."""
    is_new = not path.exists()
    text = "" if is_new else path.read_text(encoding="utf-8", errors="replace")
    known = [_name(line) for line in text.splitlines()]
    lacking = [line for line in lines if not any(fnmatchcase(_name(line), each) for each in known)]
    if not lacking:
        return False
    begun = text and not text.endswith("\n")
    whole = [*([""] if begun else []), *([header] if is_new and header else []), *lacking]
    with path.open("ab") as sink:
        sink.write("".join(f"{line}\n" for line in whole).encode())
    return True


def _name(line: str) -> str:
    """Return the variable, or the pattern of paths, that a line is about."""
    return line.partition("=")[0].strip().strip("/")
