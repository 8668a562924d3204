"""From a pond of the original tool to one of ours: what is taken, in which order.

The old pond is only read. What comes into the new one is added; nothing that is there is replaced,
so that a second migration is harmless and goes on where the first was interrupted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pond_core import to_us
from pond_pipeline.errors import ConfigError, MigrationError
from pond_pipeline.migration.account import Account, migrate_readings, odd_files
from pond_pipeline.migration.files import bring_files, inbox_files
from pond_pipeline.migration.folder import Folder, is_original_pond
from pond_pipeline.migration.instrument import find_instruments, safe_name, tell_others
from pond_pipeline.migration.naming import migrate_aliases, migrate_dictionary
from pond_pipeline.migration.outlet import Outlet, write_resources
from pond_pipeline.migration.remark import Grade, Remark, Remarks
from pond_pipeline.migration.report import (
    FilesReport,
    Migrated,
    SeriesReport,
    TableReport,
)
from pond_pipeline.migration.resource import OldResource, read_resources
from pond_pipeline.migration.secret import UNMISTAKABLE, Secrets
from pond_pipeline.migration.target import Target
from pond_pipeline.migration.written import TAKEN, Draft


def migrate(
    old: Path,
    pond: str | Path,
    outlet: Outlet,
    *,
    now: datetime,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda _text: None,
) -> Migrated:
    """Take in a pond of the original tool.

    Args:
        old: Its directory; it is only read.
        pond: The directory of our pond; made where there is none.
        outlet: Where its resources are written.
        now: The present instant.
        dry_run: Whether nothing is written at all.
        tell: Told what was done, a line at a time.

    Raises:
        ConfigError: `old` is no such pond, or what is written would lie in it; the file for
            secrets is there already.
        MigrationError: The root of the old pond cannot be read.
        StoreError: Our pond cannot serve.
    """
    _check_places(old, pond, outlet)
    remarks = Remarks()
    try:
        root = Folder.open(old.resolve(), "/", (), remarks)
    except MigrationError as exc:
        raise MigrationError(f"{old}: {exc}", hint="is there a copy of it?") from exc
    resources = read_resources(root, remarks)
    secrets = Secrets(resources)
    if outlet.secrets is not None:
        secrets.check_vacant(outlet.secrets)
    target = Target(pond, dry_run=dry_run, now=now)
    taken = _Taken(target, remarks, tell)
    for resource in resources:
        taken.take(resource)
    aliases = migrate_aliases([(d.resource, d.name) for d in taken.drafts], target, remarks)
    root.check_rest()
    others = [each for each in resources if each.kind not in TAKEN]
    written = write_resources(
        taken.drafts, others, secrets, outlet, dry_run=dry_run, remarks=remarks
    )
    return Migrated(
        old=str(old),
        pond=str(pond),
        dry_run=dry_run,
        txn=target.txn,
        resources=written,
        series=tuple(taken.series),
        tables=tuple(taken.tables),
        files=tuple(taken.files),
        aliases=tuple(aliases),
        remarks=_in_order(remarks, secrets),
    )


@dataclass(slots=True)
class _Taken:
    """What was taken so far."""

    target: Target
    remarks: Remarks
    tell: Callable[[str], None]
    drafts: list[Draft] = field(default_factory=list)
    series: list[SeriesReport] = field(default_factory=list)
    tables: list[TableReport] = field(default_factory=list)
    files: list[FilesReport] = field(default_factory=list)

    def take(self, resource: OldResource) -> None:
        """Take the content of a resource, and a draft of it."""
        if resource.kind not in TAKEN:
            return
        otherwise = f"{resource.kind.lower()}-{resource.uuid[:8]}"
        name = safe_name(resource.name, otherwise=otherwise)
        if name != resource.name:
            self.remarks.noted("another name", resource.where, f"it is called {name!r} here")
        match resource.kind:
            case "HydroVu":
                self.drafts.append(self._account(resource, name))
            case "Inbox":
                self._files(inbox_files(resource), f"/raw/{name}", resource)
                self.drafts.append(Draft(resource, name))
            case _:
                self.drafts.append(Draft(resource, name))

    def _files(self, files: Iterable[tuple[str, bytes]], top: str, resource: OldResource) -> None:
        old, remarks = resource.where, self.remarks
        report = bring_files(files, top, old=old, target=self.target, remarks=remarks)
        self.files.append(report)
        self.tell(f"{report.path}: {report.files} files, {report.added} of them new")

    def _account(self, resource: OldResource, name: str) -> Draft:
        now = self.target.now
        tell_others(resource)
        account = Account.of(resource, name, find_instruments(resource), now_us=to_us(now))
        self.tables += migrate_dictionary(account, self.target, self.remarks)
        starts = []
        for report, start in migrate_readings(account, self.target, self.remarks):
            self.series.append(report)
            self.tell(f"{report.path}: {report.distinct} readings, {report.added} of them new")
            starts += [] if start is None else [start]
        if account.odd:
            self._files(odd_files(account), account.kept, resource)
        if not starts:
            detail = "no reading says when it began: correct `start` in the file of resources"
            self.remarks.noted("start not known", resource.where, detail)
        start = min(starts, default=now.replace(day=1))
        return Draft(resource, name, tuple(account.instruments), f"{start:%Y-%m-%d}")


def _check_places(old: Path, pond: str | Path, outlet: Outlet) -> None:
    """Refuse what is no old pond, and to write anything into one.

    Raises:
        ConfigError: It is so.
    """
    root = old.resolve()
    if not is_original_pond(root):
        inner = old / ".pond"
        msg = f"{old}: there is no pond of the original tool, no `dir.<N>.parquet`"
        hint = f"try {inner}" if is_original_pond(inner.resolve()) else "name the pond's directory"
        raise ConfigError(msg, hint=hint)
    directory = None if "://" in str(pond) else Path(pond)
    for path in (directory, outlet.file, outlet.secrets):
        if path is not None and path.resolve().is_relative_to(root):
            hint = "the old pond is only read: name another place, for the pond by --pond"
            raise ConfigError(f"{path} lies in the old pond", hint=hint)
    for path in (outlet.file, outlet.secrets):
        if path is not None and not path.absolute().parent.is_dir():
            raise ConfigError(f"{path}: there is no such directory", hint="make it first")


def _in_order(remarks: Remarks, secrets: Secrets) -> tuple[Remark, ...]:
    """Return the remarks, what failed first; names that hold a secret are not shown."""
    grades = list(Grade)
    shown = [
        replace(
            each,
            where=secrets.hide(each.where, shortest=UNMISTAKABLE),
            detail=secrets.hide(each.detail, shortest=UNMISTAKABLE),
        )
        for each in remarks.found
    ]
    return tuple(sorted(shown, key=lambda remark: grades.index(remark.grade)))
