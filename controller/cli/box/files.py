"""`landline box get`: lists and downloads files of a ground box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.common import Output, StatusLine, guard, run
from controller.errors import UserError

if TYPE_CHECKING:
    from controller.protocol.state_machine import Progress
    from controller.vehicle.box_files import DownloadedFile
    from controller.wire.address import Address


def listing(link: str, box: Address, out: Output) -> int:
    """List the files of the box."""
    from controller.app.box_link import box_link
    from controller.protocol.ftp.client_listing import FtpEntry, FtpListing

    policy, _ = guard([link])

    async def go() -> tuple[FtpEntry, ...]:
        async with box_link(link, box, policy=policy) as exchange:
            return await exchange.run(FtpListing(exchange.ftp_peer(box)))

    entries = run(go())
    for entry in entries:
        out.result(f"{entry.size_bytes:>12,d}  {entry.name}")
    if not entries:
        out.note("the box has no files: nothing was recorded yet, or it has no card")
    out.emit("summary", ok=True, files={entry.name: entry.size_bytes for entry in entries})
    return 0


def fetch(link: str, box: Address, name: str, to: Path | None, out: Output) -> int:
    """Download a file to a file or folder; an interrupted download is continued."""
    from controller.clock import stopwatch_s

    target = Path(name).name if to is None else to / Path(name).name if to.is_dir() else to
    target = Path(target)
    began_s = stopwatch_s()
    got = fetched(link, box, name, target, out)
    seconds = stopwatch_s() - began_s
    new_bytes = got.size_bytes - got.resumed_at
    checks = {
        "blocks": "every block and the hash chain are valid",
        "checksum": "checksum verified",
        "size": "the box has no checksum, only the size was compared",
    }
    before = f", {got.resumed_at:,d} of them from an earlier try" if got.resumed_at else ""
    out.result(f"{got.path}: {got.size_bytes:,d} bytes{before}; {checks[got.checked]}")
    if seconds > 0:
        out.note(f"{seconds:.1f} s, {new_bytes / seconds / 1000:.1f} kB/s")
    out.emit(
        "summary", ok=True, file=str(got.path), bytes=got.size_bytes, resumed_at=got.resumed_at, checked=got.checked,
        seconds=round(seconds, 3),
    )  # fmt: skip
    return 0


def fetched(link: str, box: Address, name: str, target: Path, out: Output) -> DownloadedFile:
    """Download a file and show the progress on a terminal."""
    from controller.app.box_link import box_link
    from controller.vehicle.box_files import download_file

    policy, _ = guard([link])
    line = StatusLine()

    def show(progress: Progress) -> None:
        line.show(f"{name}: {progress.done:,d} of {progress.total:,d} bytes")

    async def go() -> DownloadedFile:
        async with box_link(link, box, policy=policy) as exchange:
            return await download_file(exchange, box, name, target, progress=show)

    try:
        return run(go())
    except OSError as error:
        raise UserError(f"cannot write the file: {error.strerror or error}", where=str(target)) from None
    finally:
        line.clear()
        if (part := target.with_name(f"{target.name}.part")).is_file():
            out.note(
                f"{part.stat().st_size:,d} bytes are kept in {part}; the same command continues from there"
            )
