"""Verification of what lies beside a flight's record: a ground box's record, a merge, and the list of photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.logs.shared import counted

if TYPE_CHECKING:
    from controller.cli.common import Output
    from controller.logs.verification.flight import ChainFault


def fault_fields(fault: ChainFault | None) -> dict[str, object] | None:
    """Return a fault as the fields of a JSON line."""
    return {"block": fault.block, "offset": fault.offset, "why": fault.why} if fault else None


def check_merge(folder: Path, out: Output, trusted: set[str]) -> tuple[bool, Callable[[], None]]:
    """Verify a merge in the flight's folder. Return the result, and a function that prints it or raises."""
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
                hint="merge again, from an unchanged copy of the box's record",
            )
        out.result(f"{found.frames:,d} merged frames match the box's record, signed by {found.signed_by}")

    return found.ok, show


def check_box(path: Path, out: Output, announced: Mapping[int, bytes]) -> tuple[bool, Callable[[], None]]:
    """Verify a ground box's record. Return the result, and a function that prints it or raises VerificationFailed."""
    from controller.errors import VerificationFailed
    from controller.logs.box.record import verify_box_record

    found = verify_box_record(path, announced)
    fault = found.first_fault
    out.emit(
        "box", ok=found.ok, blocks=found.blocks, frames=found.frames, told=found.announced, cut_short=found.cut_short,
        first_bad=fault_fields(fault),
    )  # fmt: skip

    def show() -> None:
        if fault:
            raise VerificationFailed(
                fault.why, where=str(path), hint="compare with the card, and do not change this file"
            )
        line = f"the box's record is unchanged: {found.blocks} blocks, {found.frames:,d} frames"
        out.result(
            line + (f", {found.announced} of its heads match the flight's record" if found.announced else "")
        )
        if found.cut_short:
            out.result("the block being written at power loss is damaged, which is normal")

    return found.ok, show


def check_photo_list(folder: Path, photos: Path, out: Output) -> tuple[bool, Callable[[], None]]:
    """Compare photos with the flight's list. Return the result, and a function that prints it or raises."""
    from controller.errors import VerificationFailed
    from controller.logs.photos.photo_list import check_photos

    listed, error = 0, None
    try:
        listed = check_photos(folder, photos)
    except VerificationFailed as found:
        error = found
    out.emit("photos", ok=error is None, photos=listed, why=error.what if error else "")

    def show() -> None:
        if error is not None:
            raise error
        out.result(f"unchanged: {counted(listed, 'photo')} of the flight's signed list")

    return error is None, show
