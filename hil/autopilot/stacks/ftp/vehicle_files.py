"""The files of one emulated autopilot: a server of them for each link, and the message that names metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from controller.protocol.params.server import ParamStore
from controller.protocol.params.values import ParamValue
from controller.wire.message import Message
from hil.autopilot.stacks.ftp import param_pack
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.files import Bytes
from hil.autopilot.stacks.ftp.paced_server import PacedFtp
from hil.autopilot.stacks.ftp.px4_metadata import Px4Metadata
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer

INTERVAL_S, BURST = 0.02, 4  # 48 kB/s: a radio link is not flooded much
SYS_ANNOUNCED_BYTES = 100_000  # AP_Filesystem_Sys reports this size of every text
UARTS = b"UARTV1\nSERIAL0 TX=   0 RX=   0 TXBD=     0 RXBD=     0\n"


@dataclass(frozen=True, slots=True)
class VehicleFiles:
    """`server()` makes the server of one link. `metadata()` returns COMPONENT_METADATA; None where it is not sent."""

    server: Callable[[], PacedFtp]
    metadata: Callable[[], Message] | None = None


def ardupilot_files(
    params: ParamStore, defaults: Sequence[ParamValue], banner: Callable[[], Iterable[Message]]
) -> VehicleFiles:
    """Return ArduPilot's files: the packed parameters, and `@SYS/uarts.txt`. Their opening is followed by `banner`."""
    openers = {"@PARAM": param_pack.opener(params.values, {one.name: one.value for one in defaults})}
    system = {"/@SYS/uarts.txt": Bytes(UARTS, SYS_ANNOUNCED_BYTES)}

    def opened(path: str) -> Iterable[Message]:
        return banner() if path.startswith("@PARAM/param.pck") else ()

    return VehicleFiles(
        lambda: ArduPilotFtpServer(
            system, generated=openers, on_open=opened, interval_s=INTERVAL_S, burst=BURST
        )
    )


def px4_files(defaults: Sequence[ParamValue]) -> VehicleFiles:
    """Return PX4's files: its component metadata."""
    made = Px4Metadata(defaults)
    return VehicleFiles(
        lambda: Px4FtpServer(made.files, interval_s=INTERVAL_S, burst=BURST), lambda: made.message
    )
