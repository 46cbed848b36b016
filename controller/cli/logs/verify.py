"""`landline logs verify` and `landline logs key`:

whether a flight is as it was recorded, and whose signature it carries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.slice import check_slice, is_slice, unknown_key_error

if TYPE_CHECKING:
    from controller.logs.verification.flight import ChainFault, FlightVerification

KEEP = "compare with a copy, and keep this folder as it is"


def _keys_folder() -> Path:
    from controller.guard.data_folder import data_folder

    return data_folder() / "keys"


def _trusted(named: list[str] | None) -> set[str]:
    """The public keys to accept: those named, or this machine's own. Raises UserError."""
    from controller.errors import UserError
    from controller.logs.record.keys import known_keys

    for key in named or ():
        if len(key) != 64 or set(key.lower()) - set("0123456789abcdef"):
            raise UserError(
                f"'{key[:20]}' is no public key", where="--key", hint="it has 64 hexadecimal digits"
            )
    return {key.lower() for key in named} if named else set(known_keys(_keys_folder()))


def _bad(bad: ChainFault | None) -> dict[str, object] | None:
    return {"block": bad.block, "offset": bad.offset, "why": bad.why} if bad else None


def _check_fill(folder: Path, out: Output, trusted: set[str]) -> tuple[bool, Callable[[], None]]:
    """As `_check_box`, of what a box filled into the flight."""
    from controller.errors import VerificationFailed
    from controller.logs.box.merge import verify_merge
    from controller.logs.flights.store import MERGE_INDEX

    found = verify_merge(folder, trusted=trusted)
    out.emit("fill", ok=found.ok, frames=found.frames, why=found.why, signed_by=found.signed_by)

    def show() -> None:
        if not found.ok:
            raise VerificationFailed(
                found.why,
                where=str(folder / MERGE_INDEX),
                hint="fill it again, from a box's record that is unchanged",
            )
        out.result(
            f"{found.frames:,d} frames filled in beside it follow from the box's record, signed by {found.signed_by}"
        )

    return found.ok, show


def _check_box(path: Path, out: Output, told: Mapping[int, bytes]) -> tuple[bool, Callable[[], None]]:
    """Whether a ground box's record is unchanged, and what then shows the answer, raising VerificationFailed if it is not."""
    from controller.errors import VerificationFailed
    from controller.logs.box.record import verify_box_record

    found = verify_box_record(path, told)
    bad = found.first_fault
    out.emit(
        "box", ok=found.ok, blocks=found.blocks, frames=found.frames, told=found.announced, cut_short=found.cut_short,
        first_bad=_bad(bad),
    )  # fmt: skip

    def show() -> None:
        if bad:
            raise VerificationFailed(
                bad.why, where=str(path), hint="compare with the card, and keep this file as it is"
            )
        line = f"the box's record is unchanged: {found.blocks} blocks, {found.frames:,d} frames"
        out.result(
            line
            + (f", {found.announced} of its heads are in the flight's own record" if found.announced else "")
        )
        if found.cut_short:
            out.result("the block that the box was writing when its power went is spoiled, as it must be")

    return found.ok, show


def _check_all(place: Path, out: Output, trusted: set[str]) -> int:
    """Every flight of a folder, and whether one is gone. Raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.record.keys import known_keys
    from controller.logs.record.ledger import read_ledger
    from controller.logs.verification.folder import verify_folder

    wrong: dict[str, str] = {}

    def seen(name: str, one: FlightVerification) -> None:
        why = one.first_fault.why if one.first_fault else ""
        if not why and one.signed_by not in trusted:
            why = f"signed by an unknown key, {one.signed_by}"
        out.emit("flight", flight=name, ok=not why, why=why, recorded_as=one.flight, closed=one.closed)
        if why:
            wrong[name] = why
            out.result(f"{name}: {why}")
        elif one.flight != name:
            out.result(f"{name}: unchanged, but it was recorded as {one.flight}")

    keys = _keys_folder()
    found = verify_folder(place, read_ledger(keys), own=set(known_keys(keys)), on_flight=seen)
    for name in found.encrypted:
        out.result(f"{name}: encrypted, and not looked into")
    for name in found.missing:
        out.result(
            f"{name}: was recorded into this folder and is gone; nobody erased it by landline logs erase"
        )
    for name in found.gaps:
        out.result(f"{name}: the flight before it is neither here nor in the ledger of this machine")
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
            f"{len(names)} {what}: {', '.join(names)}"
            for what, names in (
                ("not as recorded", list(wrong)),
                ("gone", list(found.missing)),
                ("without the one before", list(found.gaps)),
            )
            if names
        ]
        raise VerificationFailed("; ".join(parts), where=str(place), hint=KEEP)
    more = [f", {len(found.encrypted)} encrypted"] * bool(found.encrypted)
    more += [f", {len(found.erased)} erased by policy"] * bool(found.erased)
    out.result(f"unchanged: {len(found.flights)} flights{''.join(more)}; none is missing")
    return 0


def _check_flight(folder: Path, out: Output, trusted: set[str]) -> int:
    """One flight with what is beside it. Raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.box.record import FILE, announced_heads
    from controller.logs.flights.store import FRAMES, MERGE_INDEX
    from controller.logs.record.ledger import read_ledger
    from controller.logs.verification.flight import verify_flight as check

    found = check(folder, ledger=read_ledger(_keys_folder()))
    known = found.signed_by in trusted
    box_ok, show_box = True, None
    if (folder / FILE).is_file():
        told = announced_heads(folder / FRAMES) if (folder / FRAMES).is_file() else {}
        box_ok, show_box = _check_box(folder / FILE, out, told)
    fill_ok, show_fill = True, None
    if (folder / MERGE_INDEX).is_file():
        fill_ok, show_fill = _check_fill(folder, out, trusted)
    out.emit(
        "summary",
        ok=found.ok and known and box_ok and fill_ok,
        blocks=found.blocks,
        frames=found.frames,
        first_bad=_bad(found.first_fault),
        signed_by=found.signed_by,
        key_known=known,
        closed=found.closed,
        flight=found.flight,
        unsigned_blocks=found.unsigned_blocks,
        tail_bytes=found.tail_bytes,
        uncovered=list(found.uncovered),
    )
    if found.first_fault:
        raise VerificationFailed(found.first_fault.why, where=str(folder), hint=KEEP)
    if found.flight != folder.name:
        out.note(f"this folder is called {folder.name}; it is the record of {found.flight}")
    if not known:
        raise unknown_key_error(found.signed_by, str(folder))
    out.result(f"unchanged: {found.blocks} blocks, {found.frames:,d} frames, signed by {found.signed_by}")
    if show_box is not None:
        show_box()
    if show_fill is not None:
        show_fill()
    if not found.closed:
        out.result(
            f"the flight was never closed: {found.unsigned_blocks} blocks and {found.tail_bytes} bytes after the last "
            "signed head are there, but not proved"
        )
        for name in found.uncovered:
            out.result(f"{name} is there, but not proved: nothing in the chain tells of it")
    return 0


def verify(
    flight: Annotated[
        str, typer.Argument(help="A flight: its folder, its name or the beginning of it, or 'last'.")
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="A public key to trust (default: this machine's own); may be repeated."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every flight of the folder, and whether one is missing.")
    ] = False,
    target: Annotated[
        Path | None, typer.Option("--out", help="Of a slice: write what is in it into this new folder.")
    ] = None,
    flights: Annotated[
        Path | None, typer.Option("--flights", help="The folder of flights (default: Landline's own).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Find any change of a flight since it was recorded; ends with 6 when there is one, or when nobody vouches for
    its key.

    A ground box's record in the flight's folder is checked as well, and held to what the box told of it in flight,
    and so is what was filled in from it; its file, whatever it is called, can be named by itself. So can a slice
    that 'export --proof' made.
    """
    from controller.errors import UserError
    from controller.logs.box.record import is_box_record
    from controller.logs.flights.find import find_flight

    out = Output(json)
    named = Path(flight)
    place = folder_of(flights)
    if every == bool(flight):
        raise UserError("which flight?", where="landline logs verify", hint="name one, or say --all")
    if flight.endswith(".blocks") or (named.is_file() and is_box_record(named)):
        ok, show = _check_box(named, out, {})
        out.emit("summary", ok=ok)
        show()
        return 0
    trusted = _trusted(key)
    if is_slice(named):
        return check_slice(named, out, trusted, target)
    if target is not None:
        raise UserError("only a slice has bytes to write out", where="--out", hint="name the slice's file")
    return (
        _check_all(place, out, trusted) if every else _check_flight(find_flight(place, flight), out, trusted)
    )


def key(
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """The public keys of this machine, the newest last: what others need to check its flights."""
    from controller.errors import UserError
    from controller.logs.record.keys import KEY_FILE, PASSPHRASE, known_keys

    out = Output(json)
    folder = _keys_folder()
    found = known_keys(folder)
    if not found:
        locked = (folder / KEY_FILE).is_file()
        raise UserError(
            "the signing key does not open" if locked else "there is no signing key yet",
            where=str(folder / KEY_FILE),
            hint=f"{PASSPHRASE} opens it, once" if locked else "it is made when the first flight is recorded",
        )
    for one in found:
        out.result(one)
    out.emit("summary", keys=found, file=str(folder / KEY_FILE))
    return 0
