"""`landline logs merge-box`: a gap in a flight's record, filled from the ground box's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine, guard, run
from controller.cli.logs.find_log import folder_of
from controller.errors import UserError

if TYPE_CHECKING:
    from controller.logs.box.match import BoxMatch, ClockSegment
    from controller.logs.box.needed_blocks import NeededBlocks
    from controller.logs.box.record import BoxBlock
    from controller.protocol.state_machine import Progress
    from controller.wire.address import Address

EXAMPLE = "Example: landline logs merge-box last --from /media/box   (or --from serial:/dev/ttyACM0:115200)"
_URL = re.compile(r"[a-z][a-z0-9+]+:")


def merge_box(
    flight: Annotated[
        str, typer.Argument(help="A flight: its folder, its name or the beginning of it, or 'last'.")
    ],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="The box's card, folder or record, or the link to it: serial:/dev/ttyACM0:115200, ...",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", help="Over a link: which of the box's files, where it has several.")
    ] = "",
    system: Annotated[int, typer.Option("--box-system", help="The box's MAVLink system.")] = 254,
    component: Annotated[int, typer.Option("--box-component", help="And component.")] = 191,
    flights: Annotated[
        Path | None, typer.Option("--flights", help="The folder of flights (default: Landline's own).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")] = False,
) -> int:
    """Fill what the laptop's record of a flight lacks from the ground box's record, beside it: the record itself
    stays as it is.

    Frames are recognised by their bytes and sequence, the clocks compared by those that both recorded. `logs
    verify` checks the result; reports and readers use it and say so.
    """
    from controller.guard.data_folder import data_folder
    from controller.logs.box.merge import merge_box_record
    from controller.logs.box.needed_blocks import blocks_at, needed_blocks
    from controller.logs.flights.find import find_decrypted_flight
    from controller.logs.flights.store import FRAMES
    from controller.logs.record.keys import load_key
    from controller.wire.address import address

    out = Output(json)
    folder = find_decrypted_flight(folder_of(flights), flight)
    want = needed_blocks(folder)
    place = Path(source)
    if place.exists():
        blocks, path = blocks_at(place, folder / FRAMES)
        origin = path.name
    elif _URL.match(source):
        blocks = _over_link(source, address(system, component), name, folder, want)
        origin = f"box {system}/{component} over its link"
    else:
        raise UserError("neither a file or folder nor a link", where=source, hint="check the path")
    key = load_key(data_folder() / "keys")
    try:
        found = merge_box_record(
            folder,
            blocks,
            source=origin,
            key=key,
            until_us=want.until_us,
            next_flight_keys=want.next_flight_keys,
        )
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror or error}", where=str(folder)) from None
    _tell(found, folder, out)
    return 0


def _tell(found: BoxMatch, folder: Path, out: Output) -> None:
    from dataclasses import asdict

    from controller.logs.flights.store import MERGE_INDEX

    missing = len(found.missing)
    used = [stretch for stretch in found.segments if stretch.how != "none"]
    if not missing:
        why = (
            "the two have no frames in common"
            if not found.both
            else f"it has all {found.both:,d} frames that it needs"
        )
        out.result(f"nothing to fill: {why}")
    else:
        out.result(
            f"{missing:,d} frames that the laptop lacks come from the box; {found.both:,d} are in both records"
        )
        for gap in found.gaps:
            out.result(f"  a gap of {(gap.end_us - gap.begin_us) / 1e6:.1f} s: {gap.frames:,d} frames")
        for stretch in used:
            out.result(f"  clocks: {_confidence(stretch)}")
        out.result(f"kept beside the record, which is as it was: {folder / MERGE_INDEX}")
    if found.unplaced:
        out.note(
            f"{found.unplaced:,d} frames of the box have no known time by the laptop's clock, and are left out"
        )
    out.emit(
        "summary", ok=True, filled=missing, both=found.both, unplaced=found.unplaced,
        gaps=[asdict(gap) for gap in found.gaps], stretches=[asdict(stretch) for stretch in found.segments],
    )  # fmt: skip


def _confidence(stretch: ClockSegment) -> str:
    offset = f"the laptop's is {stretch.offset_us / 1e6:+.3f} s to the box's"
    match stretch.how:
        case "ties":
            against = f", {stretch.against:,d} disagree" if stretch.against else ""
            return f"{offset}; {stretch.ties:,d} frames agree on it, 19 of 20 to {stretch.spread_us / 1e6:.3f} s{against}"
        case "between":
            return f"{offset}; known from before and after, to {stretch.spread_us / 1e6:.3f} s"
    return f"{offset}, if the box's clock went on evenly: no frame of it is in both"


def _over_link(link: str, box: Address, name: str, folder: Path, want: NeededBlocks) -> list[BoxBlock]:
    """The blocks that are needed, or the whole record where that is not known; verified."""
    from controller.app.box_link import box_link
    from controller.logs.box.merge import ring_of
    from controller.logs.box.needed_blocks import blocks_at
    from controller.logs.box.record import BLOCK
    from controller.logs.flights.store import FRAMES
    from controller.logs.record.append_file import write_atomically
    from controller.protocol.ftp.client_listing import FtpListing
    from controller.vehicle.box_files import download_blocks, download_file

    policy, _ = guard([link])
    line = StatusLine()
    part = folder / "box.blocks.part"
    whole = folder / "box.card"

    def show(progress: Progress) -> None:
        line.show(f"{progress.done:,d} bytes of the box's record")

    async def go() -> bool:
        async with box_link(link, box, policy=policy) as exchange:
            sizes = {entry.name: entry.size_bytes for entry in await exchange.run(FtpListing(box))}
            chosen = _chosen(sizes, name)
            slots = sizes[chosen] // BLOCK
            if want.first is not None and await download_blocks(
                exchange, box, chosen, part, slots=slots, first=want.first, last=want.last, progress=show
            ):
                return True
            await download_file(exchange, box, chosen, whole, progress=show)
            return False

    try:
        ranged = run(go())
    except OSError as error:
        raise UserError(f"cannot be written: {error.strerror or error}", where=str(folder)) from None
    finally:
        line.clear()
    if ranged:
        raw = part.read_bytes()
        pieces = [raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK)]
        write_atomically(whole, b"".join(ring_of(pieces)))
        part.unlink()
    try:
        return blocks_at(whole, folder / FRAMES)[0]
    finally:
        whole.unlink()


def _chosen(files: dict[str, int], name: str) -> str:
    if name and name not in files:
        raise UserError(
            f"the box has no file {name}", where="--name", hint=f"it has {', '.join(files) or 'none'}"
        )
    if not files:
        raise UserError("the box has no record", where="--from", hint="is there a card in it?")
    if not name and len(files) > 1:
        raise UserError(
            f"the box has {len(files)} records: {', '.join(files)}", where="--from", hint="choose with --name"
        )
    return name or next(iter(files))
