"""Start of PX4's SITL binary for our simulator (ROMFS/px4fmu_common/init.d-posix and platforms/posix of PX4)."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.parameter_text import number_text
from hil.bridges.process.instances import LOOPBACK, Port, is_free
from hil.bridges.process.program import Launch
from hil.bridges.px4.airframe import airframe_params
from hil.bridges.px4.sitl import PORT
from hil.bridges.px4.start_up import MODEL, defaults_file, write_start_up

# px4-rc.mavlink: where PX4 itself listens; the instance's number is added. 14280 and 13030 are the payload's and the
# gimbal's.
GROUND_PORT, PROGRAM_PORT, OTHER_PORTS = 18570, 14580, (14280, 13030)
# Where it sends to; from the tenth instance on all programs share a port.
GROUND_STATION, PROGRAM, LAST_PROGRAM = 14550, 14540, 14549
# Environment variables that also change the simulator (rcS, px4-rc.simulator, px4-rc.mavlinksim).
HEEDED = ("PX4_SYS_AUTOSTART", "PX4_SIMULATOR", "PX4_SIM_HOSTNAME", "PX4_SIM_HOST_ADDR")
PARAM_PREFIX = "PX4_PARAM_"  # environment variables by which a user sets parameters
MAX_SPEED = 100.0  # factor of PX4's time-outs for an unlimited speed


def px4_ports(instance: int) -> list[Port]:
    """Return the ports of an instance and of its simulator, which must be free."""
    own: list[Port] = [("udp", port + instance) for port in (GROUND_PORT, PROGRAM_PORT, *OTHER_PORTS)]
    return [("tcp", PORT + instance), *own]


def px4_ground_url(instance: int, *, free: Callable[[Port], bool] = is_free) -> str:
    """Return the URL on which PX4 will listen to us. Raises UserError when other programs use its ports.

    PX4 answers only the first peer that sends to a port (mavlink_receiver.cpp), and it sends first itself, to the
    usual ports of ground stations and programs: a port whose usual peer is running cannot be ours.
    """
    program = min(PROGRAM + instance, LAST_PROGRAM)
    for listening, usual in ((GROUND_PORT, GROUND_STATION), (PROGRAM_PORT, program)):
        if free(("udp", usual)):
            return f"udpout:{LOOPBACK}:{listening + instance}"
    raise UserError(
        f"cannot connect to PX4: other programs listen on UDP {GROUND_STATION} and {program},"
        " and PX4 would answer them only",
        where="--autopilot-binary",
        hint="close QGroundControl or the program on the other port",
    )


def px4_launch(
    binary: Path,
    airframe: Airframe,
    *,
    instance: int,
    folder: Path,
    speed: float,
    params: Mapping[str, float],
) -> Launch:
    """Write start-up files into `folder`, the working directory, and return the launch.

    Raises UserError as `check_px4` does, OSError.
    """
    ours, given = airframe_params(airframe) | dict(params), params_from_environment()
    write_start_up(start_up_files(binary), folder, airframe, ours | given)
    # Reported as changed by the user; the environment overrides them already.
    decided = {
        f"{PARAM_PREFIX}{name}": number_text(ours[name])
        for name, value in given.items()
        if ours.get(name, value) != value
    }
    return Launch(
        # The data folder has all files, so PX4 creates no links.
        argv=(str(binary), "-i", str(instance), "-d", str(folder.resolve())),
        folder=folder,
        env={"PX4_SIM_MODEL": MODEL, "PX4_SIM_SPEED_FACTOR": f"{min(speed, MAX_SPEED):g}", **decided},
        heeded=HEEDED,
    )


def params_from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, float]:
    """Return the parameters that the user has set with PX4_PARAM_NAME, which override all others."""
    found: dict[str, float] = {}
    for name, text in environment.items():
        if name.startswith(PARAM_PREFIX) and name.isidentifier():
            try:
                value = float(text)
            except ValueError:
                continue  # PX4 reports it
            if math.isfinite(value):
                found[name.removeprefix(PARAM_PREFIX)] = value
    return found


def start_up_files(binary: Path) -> Path:
    """Return PX4's start-up files beside the binary's folder. Raises UserError when they are missing."""
    etc = binary.parent.parent / "etc"
    if not (etc / "init.d-posix" / "rcS").is_file():
        raise UserError(
            f"cannot start PX4: its start-up files are missing: {etc} has no init.d-posix/rcS",
            where=str(binary),
            hint="use the binary in PX4's build folder: build/px4_sitl_default/bin/px4",
        )
    return etc


def check_px4(binary: Path, airframe: Airframe) -> None:
    """Check binary and airframe before the start. Raises UserError for missing files or controllers."""
    airframe_params(airframe)
    defaults_file(start_up_files(binary), airframe)
