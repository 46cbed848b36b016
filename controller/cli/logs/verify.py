"""`landline logs verify` and `landline logs key`: whether a flight is unchanged, and who signed it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.beside_record import check_box, check_merge, check_photo_list, fault_fields
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.imported import changed_imports, verify_imported
from controller.cli.logs.shared import Flight, Flights, Json, counted
from controller.cli.logs.slice import check_slice, is_slice, unknown_key_error

if TYPE_CHECKING:
    from controller.logs.verification.flight import FlightVerification

HINT = "compare with a copy, and do not change this folder"


def _keys_folder() -> Path:
    from controller.guard.data_folder import data_folder

    return data_folder() / "keys"


def trusted_keys(given: list[str] | None) -> set[str]:
    """Return the trusted public keys: those given, or this machine's own. Raises UserError."""
    from controller.errors import UserError
    from controller.logs.record.keys import known_keys

    for key in given or ():
        if len(key) != 64 or set(key.lower()) - set("0123456789abcdef"):
            raise UserError(
                f"invalid public key '{key[:20]}'", where="--key", hint="a key has 64 hexadecimal digits"
            )
    return {key.lower() for key in given} if given else set(known_keys(_keys_folder()))


def _check_folder(flights_folder: Path, out: Output, trusted: set[str]) -> int:
    """Verify every flight of a folder, and that none is missing. Raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.record.keys import known_keys
    from controller.logs.record.ledger import read_ledger
    from controller.logs.verification.folder import verify_folder

    wrong: dict[str, str] = {}

    def on_flight(name: str, result: FlightVerification) -> None:
        why = result.first_fault.why if result.first_fault else ""
        if not why and result.signed_by not in trusted:
            why = f"signed by unknown key {result.signed_by}"
        out.emit(
            "flight", flight=name, ok=not why, why=why, recorded_as=result.flight, closed=result.closed,
            unproved=[asdict(one) for one in result.unproved],
        )  # fmt: skip
        if why:
            wrong[name] = why
            out.result(f"{name}: {why}")
        elif result.flight != name:
            out.result(f"{name}: unchanged, recorded as {result.flight}")
        for line in [] if why else _unproved_lines(result):
            out.result(f"{name}: {line}")

    keys = _keys_folder()
    found = verify_folder(
        flights_folder, read_ledger(keys), own=set(known_keys(keys)), trusted=trusted, on_flight=on_flight
    )
    wrong |= changed_imports(flights_folder, found.imported, out)
    for name in found.encrypted:
        out.result(f"{name}: encrypted, not verified")
    for name in found.missing:
        out.result(f"{name}: missing; it was recorded here and not erased by landline logs erase")
    for name in found.gaps:
        out.result(f"{name}: the flight before it is neither here nor in this machine's ledger")
    ok = not (wrong or found.missing or found.gaps)
    out.emit(
        "summary",
        ok=ok,
        flights=len(found.flights),
        changed=list(wrong),
        missing=list(found.missing),
        gaps=list(found.gaps),
        erased=list(found.erased),
        encrypted=list(found.encrypted),
    )
    if not ok:
        parts = [
            f"{len(names)} {problem}: {', '.join(names)}"
            for problem, names in (
                ("changed", list(wrong)),
                ("missing", list(found.missing)),
                ("without the flight before", list(found.gaps)),
            )
            if names
        ]
        raise VerificationFailed("; ".join(parts), where=str(flights_folder), hint=HINT)
    more = [f", {len(found.encrypted)} encrypted"] * bool(found.encrypted)
    more += [f", {len(found.erased)} erased"] * bool(found.erased)
    out.result(f"unchanged: {counted(len(found.flights), 'flight')}{''.join(more)}; none is missing")
    return 0


def _check_flight(folder: Path, out: Output, trusted: set[str], photos: Path | None) -> int:
    """Verify one flight with the box record and merge in its folder. Raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.box.record import FILE, announced_heads
    from controller.logs.flights.store import FRAMES, MERGE_INDEX, is_only_imported
    from controller.logs.record.ledger import read_ledger
    from controller.logs.verification.flight import verify_flight as check

    if is_only_imported(folder):
        return verify_imported(folder, out)
    found = check(folder, ledger=read_ledger(_keys_folder()), trusted=trusted)
    known = found.signed_by in trusted
    box_ok, show_box = True, None
    if (folder / FILE).is_file():
        announced = announced_heads(folder / FRAMES) if (folder / FRAMES).is_file() else {}
        box_ok, show_box = check_box(folder / FILE, out, announced)
    merge_ok, show_merge = True, None
    if (folder / MERGE_INDEX).is_file():
        merge_ok, show_merge = check_merge(folder, out, trusted)
    photos_ok, show_photos = True, None
    if photos is not None:
        photos_ok, show_photos = check_photo_list(folder, photos, out)
    out.emit(
        "summary",
        ok=found.ok and known and box_ok and merge_ok and photos_ok,
        blocks=found.blocks,
        frames=found.frames,
        first_bad=fault_fields(found.first_fault),
        signed_by=found.signed_by,
        key_known=known,
        closed=found.closed,
        flight=found.flight,
        unsigned_blocks=found.unsigned_blocks,
        tail_bytes=found.tail_bytes,
        uncovered=list(found.uncovered),
        files=[asdict(one) for one in found.files],
    )
    if found.first_fault:
        raise VerificationFailed(found.first_fault.why, where=str(folder), hint=HINT)
    if found.flight != folder.name:
        out.note(f"the folder {folder.name} holds the record of {found.flight}")
    if not known:
        raise unknown_key_error(found.signed_by, str(folder))
    out.result(f"unchanged: {found.blocks} blocks, {found.frames:,d} frames, signed by {found.signed_by}")
    if show_box is not None:
        show_box()
    if show_merge is not None:
        show_merge()
    if show_photos is not None:
        show_photos()
    if not found.closed:
        out.result(
            "the recording was interrupted: after the last signed head "
            f"{counted(found.unsigned_blocks, 'block')} and {counted(found.tail_bytes, 'byte')} are not proved"
        )
        for name in found.uncovered:
            out.result(f"{name} is not proved: the chain does not cover it")
    for line in _unproved_lines(found):
        out.result(line)
    return 0


def _unproved_lines(found: FlightVerification) -> list[str]:
    """Return a line for each file beside the record that nothing proves, with the reason."""
    return [
        f"{one.file} {'is missing' if one.proof == 'removed' else 'is not proved'}: {one.reason}"
        for one in found.unproved
    ]


def verify(
    flight: Flight = "",
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="KEY", help="Public key to trust (default: this machine's own). Repeatable."
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Verify every flight of the folder, and that none is missing.")
    ] = False,
    target: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="For a slice: write its files to this new folder."),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option("--photos", metavar="FOLDER", help="Photos to compare with the flight's signed list."),
    ] = None,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Verify that a flight is unchanged.

    Ends with 6 if the flight was changed since it was recorded, or if its key is unknown. Also verifies a ground
    box's record and a merge in the flight's folder. FLIGHT may also be the file of a box record, or a slice from
    'export --proof'.
    """
    from controller.errors import UserError
    from controller.logs.box.record import is_box_record
    from controller.logs.flights.find import find_flight

    out = Output(json)
    named = Path(flight)
    flights_folder = folder_of(flights)
    if every == bool(flight):
        raise UserError("cannot verify: give one flight or --all", where="logs verify", hint="try last")
    if flight.endswith(".blocks") or (named.is_file() and is_box_record(named)):
        ok, show = check_box(named, out, {})
        out.emit("summary", ok=ok)
        show()
        return 0
    trusted = trusted_keys(key)
    if is_slice(named):
        return check_slice(named, out, trusted, target)
    if photos is not None and every:
        raise UserError("cannot compare photos with every flight", where="--photos", hint="name one flight")
    if target is not None:
        raise UserError("cannot use --out: not a slice", where="--out", hint="name a slice file")
    if every:
        return _check_folder(flights_folder, out, trusted)
    folder = find_flight(flights_folder, flight)
    return _check_flight(folder, out, trusted, photos)


def key(
    json: Json = False,
) -> int:
    """Print the public keys of this machine.

    The newest is last. Others need them to verify flights of this machine.
    """
    from controller.errors import UserError
    from controller.logs.record.keys import KEY_FILE, PASSPHRASE, known_keys

    out = Output(json)
    folder = _keys_folder()
    found = known_keys(folder)
    if not found:
        locked = (folder / KEY_FILE).is_file()
        raise UserError(
            "cannot read the public key: the signing key is locked" if locked else "no signing key yet",
            where=str(folder / KEY_FILE),
            hint=f"set {PASSPHRASE} once" if locked else "it is created when the first flight is recorded",
        )
    for result in found:
        out.result(result)
    out.emit("summary", keys=found, file=str(folder / KEY_FILE))
    return 0
