"""Erasing of data by flight, by age and by kind: first a plan that can be shown, then the erasing.

Flights are erased by `controller.logs.flights.erase`. Each step can be interrupted: what is left is still listed, and
the next erasing finishes it. Links are removed, never followed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from controller.app.held.kinds import NAMES, TABLES, DataKind
from controller.app.held.survey import HeldFile, Places, held_files
from controller.errors import SafetyRefused, UserError
from controller.logs.flights import erase as flights_erase
from controller.logs.flights import store
from controller.logs.flights.find import find_folder
from controller.logs.privacy.encryption import IDLE_S, is_finished

_UNFINISHED = "unfinished-erasing"
_ERASED_TABLES = f"{TABLES}.erasing"


@dataclass(frozen=True, slots=True)
class Target:
    """A file or folder that is erased whole; `files` and `bytes` count what is in it, `mtime_s` is its last change."""

    path: Path
    kind: DataKind
    root: Path
    files: int
    bytes: int
    mtime_s: float
    flight: Path | None = None


@dataclass
class ErasePlan:
    """What will be erased: flights whole, and targets of one kind. `kept` says what stays, each with the reason."""

    flights: list[Path] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    kept: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to erase."""
        return not self.flights and not self.targets


def plan_flights(places: Places, names: Sequence[str], *, now_utc_s: float) -> ErasePlan:
    """Plan to erase flights by name. Raises UserError for an unknown one or a link, SafetyRefused for a running one."""
    plan = _with_unfinished(places)
    for name in names:
        folder = _found(places, name)
        if folder.is_symlink():
            raise UserError(
                "cannot erase the flight: its folder is a link",
                where=str(folder),
                hint=f"erase {folder.resolve()}, and delete the link",
            )
        reason = why_in_use(folder, now_utc_s)
        if reason:
            raise SafetyRefused(
                f"cannot erase the flight: {reason}",
                where=str(folder),
                hint="wait until the flight has ended",
            )
        if folder not in plan.flights:
            plan.flights.append(folder)
    return plan


def _with_unfinished(places: Places) -> ErasePlan:
    """Return a plan to finish what an earlier command had begun."""
    unfinished = (file for file in held_files(places) if file.kind.name == _UNFINISHED)
    return ErasePlan(targets=_targets(unfinished))


def _found(places: Places, name: str) -> Path:
    """Return the flight of that name, from the first folder of flights that has one."""
    error: UserError | None = None
    for flights in places.flights or (store.flights_folder(),):
        try:
            return find_folder(flights, name)
        except UserError as failed:
            error = error or failed
    assert error is not None
    raise error


def plan_older(places: Places, *, days: float, now_utc_s: float) -> ErasePlan:
    """Plan to erase the flights that began more than `days` days ago, but none that is being recorded."""
    plan = _with_unfinished(places)
    for flights in places.flights:
        for folder in flights_erase.expired(flights, keep_days=days, now_utc_s=now_utc_s):
            reason = why_in_use(folder, now_utc_s)
            if reason:
                plan.kept.append((folder, reason))
            else:
                plan.flights.append(folder)
    return plan


def plan_kinds(
    places: Places, names: Iterable[str], *, now_utc_s: float, days: float | None = None
) -> ErasePlan:
    """Plan to erase data of some kinds; with `days` only what did not change in the last `days` days."""
    wanted = {NAMES[name].name for name in names}
    plan = ErasePlan()
    reasons: dict[Path, str] = {}
    for target in _targets(file for file in held_files(places) if file.kind.name in wanted):
        flight = target.flight
        if flight is not None and flight not in reasons:
            reasons[flight] = why_in_use(flight, now_utc_s)
        reason = reasons[flight] if flight is not None else _why_kept(target, places, now_utc_s)
        if days is not None and target.mtime_s > now_utc_s - days * 86_400:
            continue
        if reason:
            plan.kept.append((target.path, reason))
        else:
            plan.targets.append(target)
    return plan


def why_in_use(flight: Path, now_utc_s: float) -> str:
    """Return why a flight counts as being recorded; "" for one that is not."""
    try:
        finished = is_finished(flight, now_utc_s)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    if not finished:
        return "it is being recorded"
    process = _opened_by(flight)
    return f"process {process} has its files open" if process else ""


def _opened_by(folder: Path) -> str:
    """Return the id of another process that has a file below the folder open; "" for none, and outside Linux."""
    inside = f"{folder.resolve()}{os.sep}"
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with suppress(OSError):
            for number in (process / "fd").iterdir():
                with suppress(OSError):
                    if str(number.readlink()).startswith(inside):
                        return process.name
    return ""


def _why_kept(target: Target, places: Places, now_utc_s: float) -> str:
    """Return why something that belongs to no flight stays: only temporary files may be in use."""
    if target.kind.name != "temporary":
        return ""
    if target.path.parent == places.data / "tmp":
        return "its run has not ended" if Path("/proc", target.path.name).exists() else ""
    return "it changed within the last hour" if now_utc_s - target.mtime_s < IDLE_S else ""


def _targets(files: Iterable[HeldFile]) -> list[Target]:
    """Join files that are erased together: tables of a flight, and folders of temporary files."""
    joined: dict[Path, list[HeldFile]] = {}
    for file in files:
        joined.setdefault(_top(file), []).append(file)
    return [
        Target(
            top,
            some[0].kind,
            some[0].root,
            len(some),
            sum(one.bytes for one in some),
            max(one.mtime_s for one in some),
            some[0].flight,
        )
        for top, some in joined.items()
    ]


def _top(file: HeldFile) -> Path:
    if file.kind.name == "caches" and file.flight is not None:
        return file.flight / file.path.relative_to(file.flight).parts[0]
    if file.kind.name == _UNFINISHED:
        return file.root / file.path.relative_to(file.root).parts[0]
    if file.kind.name == "temporary":
        parts = file.path.relative_to(file.root).parts
        return file.root.joinpath(*parts[: 2 if parts[0] == "tmp" else 1])
    return file.path


def erase(plan: ErasePlan, places: Places, *, utc_us: int) -> list[tuple[Path, str]]:
    """Erase what is planned; return what is still there, each with the reason. Raises SigningKeyError before anything
    is erased, if flights of the ledger need a signed line and the key does not open."""
    failed: list[tuple[Path, str]] = []
    for flights in {target.root for target in plan.targets if target.kind.name == _UNFINISHED}:
        flights_erase.finish_erasing(flights)
    if plan.flights:
        flights_erase.erase(plan.flights, places.keys, utc_us=utc_us)
    # The journal of a catalogue before the catalogue: SQLite would apply it to the next one.
    for target in sorted(plan.targets, key=lambda one: -len(one.path.name)):
        try:
            _erase_target(target)
        except OSError as error:
            failed.append((target.path, error.strerror or str(error)))
    for folder in {folder.absolute().parent for folder in plan.flights} | {
        target.path.parent for target in plan.targets
    }:
        _flush(folder)
    return failed


def _erase_target(target: Target) -> None:
    """Remove one target, if no folder above it has become a link that leads elsewhere. Raises OSError."""
    path = target.path
    if not path.parent.resolve().is_relative_to(target.root.resolve()):
        raise OSError(0, "a folder above it is a link to another place")
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    elif path.exists():
        if path.name == TABLES:
            # Under its own name it would be taken for complete while it is deleted.
            path = path.rename(_free_name(path.with_name(_ERASED_TABLES)))
        shutil.rmtree(path)
    above = path.parent
    while above != target.root and above != target.flight and above.is_relative_to(target.root):
        try:
            above.rmdir()
        except OSError:
            break  # something else is in it
        above = above.parent


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.name}{number}")).exists():
        number += 1
    return free


def _flush(folder: Path) -> None:
    """Have the disk keep that names are gone, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
