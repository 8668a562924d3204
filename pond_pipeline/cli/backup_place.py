"""Where a backup is: named by an option, or by a resource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from pond_core import Access, Backups, near_miss_hint
from pond_pipeline.backups import backups_of
from pond_pipeline.bucket_access import access_in
from pond_pipeline.cli.command import lenient_resources_option, variables_option
from pond_pipeline.cli.suggestion import names_of
from pond_pipeline.cli.terminal import say
from pond_pipeline.config import read_documents, read_environment
from pond_pipeline.errors import ConfigError
from pond_pipeline.plan import Backup, compile_plan

KEY = "POND_BACKUP_KEY"
"""The variable with the key of a backup that is sealed; a resource says its own."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backup is: a folder or a bucket that is named, or a resource that names one."""

    where: str | None
    name: str | None
    file: Path
    variables: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str | None:
        """The key that the environment says, for a place that is named itself."""
        return self._environ.get(KEY) or None if self.where is not None else None

    @property
    def access(self) -> Access:
        """How a bucket is reached, as far as the environment says it.

        Raises:
            ConfigError: Nothing says any credentials.
        """
        return access_in(self._environ)

    def open(self, *, key: str | None = None) -> Backups:
        """Return what is there.

        Args:
            key: What it is sealed with, instead of the key that the environment says.

        Raises:
            ConfigError: The resources do not say which one.
        """
        for warning in read_environment(self.file.absolute().parent).warnings:
            say(f"warning: {warning}")
        if self.where is not None:
            access = self.access if "://" in self.where else None
            return Backups(self.where, access=access, key=key or self.key)
        root = self.file.absolute().parent
        plan = compile_plan(read_documents(self.file, variables=dict(self.variables)), root=root)
        backups = {each.name: each for each in plan.services if isinstance(each, Backup)}
        chosen = list(backups) if self.name is None else [self.name]
        if len(chosen) != 1 or chosen[0] not in backups:
            names = ", ".join(backups) or "none"
            what = "which backup is meant" if self.name is None else f"a backup {self.name!r}"
            msg = f"{self.file} does not say {what}; it has {names}"
            otherwise = f"name one by --name, or the place itself by {_flag()}"
            hint = near_miss_hint(self.name or "", backups, otherwise=otherwise)
            raise ConfigError(msg, hint=hint)
        return backups_of(backups[chosen[0]], self._environ)

    @property
    def _environ(self) -> Mapping[str, str]:
        return read_environment(self.file.absolute().parent).values


def _flag() -> str:
    """Return the option by which the command that runs takes a place."""
    command = click.get_current_context().command
    return next(each.opts[0] for each in command.params if each.name == "where")


def place_options(flag: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the options that say where a backup is; a folder or bucket is named by `flag`."""
    where = click.option(
        flag,
        "where",
        metavar="PLACE",
        help="A folder, or `s3://bucket/prefix`; no resources are read then.",
    )
    name = click.option(
        "--name",
        metavar="NAME",
        shell_complete=names_of("Backup"),
        help="Which `Backup` resource; needed where there are several.",
    )

    def add(run: Callable[..., None]) -> Callable[..., None]:
        return where(name(lenient_resources_option(variables_option(run))))

    return add


of_option = click.option(
    "--of", "pond", metavar="UUID", help="Which pond, where the place has backups of several."
)


def place_of(options: dict[str, object]) -> Place:
    """Return the place that the options of `place_options` say."""
    return Place(**options)  # type: ignore[arg-type]  # click gives what `place_options` declares
