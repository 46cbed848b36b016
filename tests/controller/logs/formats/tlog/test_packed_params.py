"""Parameters that a ground station read as one file over MAVLink FTP, found in the frames of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.formats.read import open_log
from controller.protocol.ftp.client_generated import FtpGeneratedFile
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT32, REAL32
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION
from controller.wire.codec import Encoder
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.param_pack import opener
from tests.support.mavlink.ftp_server import ftp_peer
from tests.support.mavlink.lossy_pipe import PERFECT, VEHICLE, Pipe, PipeConditions

VALUES = [ParamValue("BATT_CAPACITY", 5200, INT32), ParamValue("WPNAV_RADIUS", 250.5, REAL32)]
VALUES += [ParamValue(f"SERVO{number}_MAX", 1900 + number, INT32) for number in range(1, 200)]
DEFAULTS = {"BATT_CAPACITY": 3300}


def log_of(folder: Path, path: str, conditions: PipeConditions, lost: frozenset[int] = frozenset()) -> Path:
    """Write the tlog of a transfer; frames with a number in `lost` are not in it."""
    server = ArduPilotFtpServer({}, generated={"@PARAM": opener(lambda: VALUES, DEFAULTS)})
    machine = FtpGeneratedFile(ftp_peer(), path, most_bytes=1 << 20)
    pipe = Pipe([machine], [server], conditions, 3)
    pipe.run(machine)
    ours, theirs = Encoder(GROUND_STATION), Encoder(VEHICLE)
    data = (1_700_000_000_000_000).to_bytes(8, "big") + theirs.pack(m.HEARTBEAT(type=2, autopilot=3))
    for number, (time_s, to_vehicle, message) in enumerate(pipe.sent):
        raw = (ours if to_vehicle else theirs).pack(message)
        if number not in lost:
            data += (1_700_000_000_000_000 + round(time_s * 1e6)).to_bytes(8, "big") + raw
    file = folder / "flight.tlog"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("path", ["@PARAM/param.pck", "@PARAM/param.pck?withdefaults=1"])
@pytest.mark.parametrize("conditions", [PERFECT, PipeConditions(loss=0.2, delay_s=0.05)])
def test_a_log_has_the_parameters_of_the_file(tmp_path: Path, path: str, conditions: PipeConditions) -> None:
    log = open_log(log_of(tmp_path, path, conditions))
    assert log.parameters == {one.name: one.value for one in VALUES}


def test_a_part_of_the_list_or_of_its_frames_is_no_list(tmp_path: Path) -> None:
    part = open_log(log_of(tmp_path, "@PARAM/param.pck?start=0&count=2", PERFECT))
    assert part.parameters == {}
    gap = open_log(log_of(tmp_path, "@PARAM/param.pck", PERFECT, frozenset((4,))))
    assert gap.parameters == {}
