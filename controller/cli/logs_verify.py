"""`landline logs verify`: whether a flight is as it was recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from controller.cli.common import Output


def _check_fill(folder: Path, out: Output, trusted: set[str] | None) -> tuple[bool, Callable[[], None]]:
    """As `_check_box`, of what a box filled into the flight."""
    from controller.errors import VerificationFailed
    from controller.logs.fill import FILL, verify_fill

    found = verify_fill(folder, trusted=trusted)
    out.emit("fill", ok=found.ok, frames=found.frames, why=found.why, signed_by=found.signed_by)

    def show() -> None:
        if not found.ok:
            raise VerificationFailed(
                found.why,
                where=str(folder / FILL),
                hint="fill it again, from a box's record that is unchanged",
            )
        out.result(
            f"{found.frames:,d} frames filled in beside it follow from the box's record, signed by {found.signed_by}"
        )

    return found.ok, show


def _check_box(path: Path, out: Output, told: Mapping[int, bytes]) -> tuple[bool, Callable[[], None]]:
    """Whether a ground box's record is unchanged, and what then shows the answer, raising VerificationFailed if it is not."""
    from controller.errors import VerificationFailed
    from controller.logs.box_record import verify_box

    found = verify_box(path, told)
    bad = found.first_bad
    out.emit(
        "box", ok=found.ok, blocks=found.blocks, frames=found.frames, told=found.told, cut_short=found.cut_short,
        first_bad={"block": bad.block, "offset": bad.offset, "why": bad.why} if bad else None,
    )  # fmt: skip

    def show() -> None:
        if bad:
            raise VerificationFailed(
                bad.why, where=str(path), hint="compare with the card, and keep this file as it is"
            )
        line = f"the box's record is unchanged: {found.blocks} blocks, {found.frames:,d} frames"
        out.result(
            line + (f", {found.told} of its heads are in the flight's own record" if found.told else "")
        )
        if found.cut_short:
            out.result("the block that the box was writing when its power went is spoiled, as it must be")

    return found.ok, show


def verify(
    flight: Annotated[
        str, typer.Argument(help="A flight: its folder, its name or the beginning of it, or 'last'.")
    ],
    key: Annotated[
        list[str] | None, typer.Option("--key", help="A public key to trust (default: whichever signed).")
    ] = None,
    flights: Annotated[
        Path | None, typer.Option("--flights", help="The folder of flights (default: Landline's own).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Find any change of a flight since it was recorded; ends with 6 when there is one.

    A ground box's record in the flight's folder is checked as well, and held to what the box told of it in flight, and so is what
    was filled in from it; its file, whatever it is called, can be named by itself.
    """
    from controller.errors import VerificationFailed
    from controller.guard.home import home_folder
    from controller.logs.box_record import FILE, is_box_record, told_heads
    from controller.logs.fill import FILL
    from controller.logs.keys import ledger
    from controller.logs.store import FRAMES, find_flight, flights_folder
    from controller.logs.verify import verify as check

    out = Output(json)
    named = Path(flight)
    if flight.endswith(".blocks") or (named.is_file() and is_box_record(named)):
        ok, show = _check_box(named, out, {})
        out.emit("summary", ok=ok)
        show()
        return 0
    folder = find_flight(flights or flights_folder(), flight)
    found = check(
        folder, trusted=set(key) if key else None, noted=ledger(home_folder() / "keys").get(folder.name)
    )
    bad = found.first_bad
    box_ok, show_box = True, None
    if (folder / FILE).is_file():
        box_ok, show_box = _check_box(folder / FILE, out, told_heads(folder / FRAMES))
    fill_ok, show_fill = True, None
    if (folder / FILL).is_file():
        fill_ok, show_fill = _check_fill(folder, out, set(key) if key else None)
    out.emit(
        "summary",
        ok=found.ok and box_ok and fill_ok,
        blocks=found.blocks,
        frames=found.frames,
        first_bad={"block": bad.block, "offset": bad.offset, "why": bad.why} if bad else None,
        signed_by=found.signed_by,
        closed=found.closed,
        unsigned_blocks=found.unsigned_blocks,
        tail_bytes=found.tail_bytes,
    )
    if bad:
        raise VerificationFailed(
            bad.why, where=str(folder), hint="compare with a copy, and keep this folder as it is"
        )
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
    return 0
