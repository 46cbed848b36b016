"""`landline logs merge-box`: merges a ground box's record into a flight with gaps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.common import Output, StatusLine, guard, run
from controller.cli.logs.find_log import folder_of
from controller.cli.logs.shared import Flight, Flights, Json, counted
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
    flight: Flight,
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="The box's card, folder or record file, or a link: serial:/dev/ttyACM0:115200, ...",
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Over a link: the box's file, if it has several.")
    ] = "",
    system: Annotated[
        int, typer.Option("--box-system", metavar="ID", help="MAVLink system id of the box.")
    ] = 254,
    component: Annotated[
        int, typer.Option("--box-component", metavar="ID", help="MAVLink component id of the box.")
    ] = 191,
    flights: Flights = None,
    json: Json = False,
) -> int:
    """Merge a ground box's record into a flight.

    Adds the frames that the flight's record lacks; the signed record itself stays unchanged. Frames are matched by
    content and sequence number; frames in both records give the offset between the two clocks. `logs verify` checks
    the result; reports and log readers use it.
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
    needed = needed_blocks(folder)
    place = Path(source)
    if place.exists():
        blocks, path = blocks_at(place, folder / FRAMES)
        origin = path.name
    elif _URL.match(source):
        blocks = _over_link(source, address(system, component), name, folder, needed)
        origin = f"box {system}/{component} over its link"
    else:
        raise UserError(
            "cannot find the box record: not a file, a folder or a link", where=source, hint="check the path"
        )
    key = load_key(data_folder() / "keys")
    try:
        found = merge_box_record(
            folder,
            blocks,
            source=origin,
            key=key,
            until_us=needed.until_us,
            next_flight_keys=needed.next_flight_keys,
        )
    except OSError as error:
        raise UserError(
            f"cannot write: {error.strerror or error}",
            where=str(folder),
            hint="check the folder and the free space",
        ) from None
    _print_result(found, folder, out)
    return 0


def _print_result(found: BoxMatch, folder: Path, out: Output) -> None:
    from dataclasses import asdict

    from controller.logs.flights.store import MERGE_INDEX

    missing = len(found.missing)
    used = [segment for segment in found.segments if segment.how != "none"]
    if not missing:
        why = (
            "the two records have no frames in common"
            if not found.both
            else f"the flight has all {found.both:,d} frames"
        )
        out.result(f"nothing to merge: {why}")
    else:
        out.result(
            f"{missing:,d} missing frames merged from the box; {found.both:,d} frames are in both records"
        )
        for gap in found.gaps:
            out.result(f"  gap of {(gap.end_us - gap.begin_us) / 1e6:.1f} s: {counted(gap.frames, 'frame')}")
        for segment in used:
            out.result(f"  clock offset: {_offset_line(segment)}")
        out.result(f"written to {folder / MERGE_INDEX}; the record itself is unchanged")
    if found.unplaced:
        out.note(
            f"{found.unplaced:,d} frames of the box left out: their time by the laptop's clock is not known"
        )
    out.emit(
        "summary", ok=True, filled=missing, both=found.both, unplaced=found.unplaced,
        gaps=[asdict(gap) for gap in found.gaps], stretches=[asdict(segment) for segment in found.segments],
    )  # fmt: skip


def _offset_line(segment: ClockSegment) -> str:
    offset = f"laptop {segment.offset_us / 1e6:+.3f} s to the box"
    match segment.how:
        case "ties":
            disagree = f", {segment.against:,d} disagree" if segment.against else ""
            spread_s = segment.spread_us / 1e6
            return f"{offset}; {segment.ties:,d} common frames, 19 of 20 within {spread_s:.3f} s{disagree}"
        case "between":
            return f"{offset}; from the times before and after, within {segment.spread_us / 1e6:.3f} s"
    return f"{offset}; not verified: no common frames, assumes that the box's clock ran evenly"


def _over_link(link: str, box: Address, name: str, folder: Path, needed: NeededBlocks) -> list[BoxBlock]:
    """Download the needed blocks, or the whole record if they are not known, and verify them."""
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
        line.show(f"downloading the box's record: {progress.done:,d} bytes")

    async def go() -> bool:
        async with box_link(link, box, policy=policy) as exchange:
            sizes = {
                entry.name: entry.size_bytes
                for entry in await exchange.run(FtpListing(exchange.ftp_peer(box)))
            }
            chosen = _chosen(sizes, name)
            slots = sizes[chosen] // BLOCK
            if needed.first is not None and await download_blocks(
                exchange, box, chosen, part, slots=slots, first=needed.first, last=needed.last, progress=show
            ):
                return True
            await download_file(exchange, box, chosen, whole, progress=show)
            return False

    try:
        ranged = run(go())
    except OSError as error:
        raise UserError(
            f"cannot write: {error.strerror or error}",
            where=str(folder),
            hint="check the folder and the free space",
        ) from None
    finally:
        line.clear()
    if ranged:
        raw = part.read_bytes()
        blocks = [raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK)]
        write_atomically(whole, b"".join(ring_of(blocks)))
        part.unlink()
    try:
        return blocks_at(whole, folder / FRAMES)[0]
    finally:
        whole.unlink()


def _chosen(files: dict[str, int], name: str) -> str:
    if name and name not in files:
        raise UserError(
            f"cannot find file {name} on the box",
            where="--name",
            hint=f"its files: {', '.join(files) or 'none'}",
        )
    if not files:
        raise UserError(
            "cannot merge: the box has no record", where="--from", hint="check that it has a card"
        )
    if not name and len(files) > 1:
        raise UserError(
            f"ambiguous: the box has {len(files)} records: {', '.join(files)}",
            where="--from",
            hint="choose one with --name",
        )
    return name or next(iter(files))
