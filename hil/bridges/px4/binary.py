"""How PX4's SITL binary is started for our simulator: facts of ROMFS/px4fmu_common/init.d-posix and platforms/posix of PX4."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.process.instances import LOOPBACK, Port, is_free
from hil.bridges.process.program import Launch
from hil.bridges.px4.airframe import airframe_params
from hil.bridges.px4.sitl import PORT
from hil.bridges.px4.start_up import MODEL, defaults_file, write_start_up

# px4-rc.mavlink: where PX4 itself listens; the instance's number is added. 14280 and 13030 are the payload's and the gimbal's.
GROUND_PORT, PROGRAM_PORT, OTHER_PORTS = 18570, 14580, (14280, 13030)
# Where it sends to from there; from the tenth instance on all programs share a port.
GROUND_STATION, PROGRAM, LAST_PROGRAM = 14550, 14540, 14549
# What of the user's environment decides about the simulator as well (rcS, px4-rc.simulator, px4-rc.mavlinksim).
HEEDED = ("PX4_SYS_AUTOSTART", "PX4_SIMULATOR", "PX4_SIM_HOSTNAME", "PX4_SIM_HOST_ADDR")
GIVEN = "PX4_PARAM_"  # the user's own way to set a parameter
MAX_SPEED = 100.0  # that PX4's time-outs are stretched by: as fast as it goes has no number


def px4_ports(instance: int) -> list[Port]:
    """What has to be free for it and for its simulator."""
    own: list[Port] = [("udp", port + instance) for port in (GROUND_PORT, PROGRAM_PORT, *OTHER_PORTS)]
    return [("tcp", PORT + instance), *own]


def px4_ground_url(instance: int, *, free: Callable[[Port], bool] = is_free) -> str:
    """Where PX4 will listen to us. Raises UserError when others are there before us.

    PX4 answers the first that speaks to it on a port and nobody else (mavlink_receiver.cpp), and it speaks first itself, to the
    ports where ground stations and programs listen: a port whose usual partner is running is not ours.
    """
    program = min(PROGRAM + instance, LAST_PROGRAM)
    for listening, usual in ((GROUND_PORT, GROUND_STATION), (PROGRAM_PORT, program)):
        if free(("udp", usual)):
            return f"udpout:{LOOPBACK}:{listening + instance}"
    raise UserError(
        f"somebody listens on UDP {GROUND_STATION} and on {program}: PX4 would talk to them and not to Landline",
        where="--autopilot-binary",
        hint="close QGroundControl, or the program on the other port, and start again",
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
    """`folder` becomes its working directory: start-up files, parameters, logs. Raises UserError as `check_px4` does, OSError."""
    ours, given = airframe_params(airframe) | dict(params), params_from_environment()
    write_start_up(start_up_files(binary), folder, airframe, ours | given)
    # Named as decided by the user; what is in the environment already wins.
    decided = {
        f"{GIVEN}{name}": f"{ours[name]:.9g}"
        for name, value in given.items()
        if ours.get(name, value) != value
    }
    return Launch(
        # Its folder is where its files are: nothing is left for it to link.
        argv=(str(binary), "-i", str(instance), "-d", str(folder.resolve())),
        folder=folder,
        env={"PX4_SIM_MODEL": MODEL, "PX4_SIM_SPEED_FACTOR": f"{min(speed, MAX_SPEED):g}", **decided},
        heeded=HEEDED,
    )


def params_from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, float]:
    """What the user has set with PX4_PARAM_NAME; it wins over all else, as it should and with PX4 alone does not always."""
    found: dict[str, float] = {}
    for name, text in environment.items():
        if name.startswith(GIVEN) and name.isidentifier():
            try:
                value = float(text)
            except ValueError:
                continue  # PX4 says what it thinks of it
            if math.isfinite(value):
                found[name.removeprefix(GIVEN)] = value
    return found


def start_up_files(binary: Path) -> Path:
    """Where PX4's build leaves them, beside the binary's folder. Raises UserError when they are not there."""
    etc = binary.parent.parent / "etc"
    if not (etc / "init.d-posix" / "rcS").is_file():
        raise UserError(
            f"its start-up files are missing: {etc} has no init.d-posix/rcS",
            where=str(binary),
            hint="name the binary inside PX4's build folder: build/px4_sitl_default/bin/px4",
        )
    return etc


def check_px4(binary: Path, airframe: Airframe) -> None:
    """Before anything is started. Raises UserError for a binary alone, and for what its build cannot fly."""
    airframe_params(airframe)
    defaults_file(start_up_files(binary), airframe)
