"""How PX4's SITL binary is started for our simulator: facts of ROMFS/px4fmu_common/init.d-posix and platforms/posix of PX4."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.instances import Port
from hil.bridges.process import Launch
from hil.bridges.px4_serve import PORT
from hil.physics.params import ROTOR_TABLE

# px4-rc.mavlink: where PX4 itself listens; the instance's number is added. 14280 and 13030 are the payload's and the gimbal's.
GROUND_PORT, PROGRAM_PORT, OTHER_PORTS = 18570, 14580, (14280, 13030)
MODEL = "none_iris"  # the airframe that brings no simulator along
MOMENT = 0.05  # CA_ROTORn_KM's default; only its sign is the airframe's
FUNCTION_MOTOR1 = 101


def px4_ports(instance: int) -> list[Port]:
    """What has to be free for it and for its simulator."""
    own: list[Port] = [("udp", port + instance) for port in (GROUND_PORT, PROGRAM_PORT, *OTHER_PORTS)]
    return [("tcp", PORT + instance), *own]


def px4_ground_url(instance: int) -> str:
    """PX4 answers whoever speaks to it there, and nobody else needs the usual ports."""
    return f"udpout:127.0.0.1:{GROUND_PORT + instance}"


def px4_launch(
    binary: Path,
    airframe: Airframe,
    *,
    instance: int,
    folder: Path,
    speed: float,
    params: Mapping[str, float],
) -> Launch:
    """`folder` becomes its working directory: parameters and logs. Raises UserError as `start_up_files` does."""
    etc = start_up_files(binary)
    set_by_us = rotor_params(airframe) | dict(params)
    return Launch(
        argv=(str(binary), "-i", str(instance), "-d", str(etc)),
        folder=folder,
        env={
            "PX4_SIM_MODEL": MODEL,
            "PX4_SIM_SPEED_FACTOR": f"{speed:g}",
            **{f"PX4_PARAM_{name}": f"{value:.9g}" for name, value in set_by_us.items()},
        },
    )


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


def rotor_params(airframe: Airframe) -> dict[str, float]:
    """The rotors as PX4's control allocation takes them: m FRD about the centre of mass, counter-clockwise positive."""
    count = airframe.rotor_count
    made: dict[str, float] = {"CA_AIRFRAME": 0, "CA_ROTOR_COUNT": count}
    for i in range(count):
        x, y, z, turn = (float(v) for v in airframe.params[ROTOR_TABLE + 4 * i : ROTOR_TABLE + 4 * i + 4])
        made |= {
            f"CA_ROTOR{i}_PX": x,
            f"CA_ROTOR{i}_PY": y,
            f"CA_ROTOR{i}_PZ": z,
            f"CA_ROTOR{i}_KM": -MOMENT if turn > 0.0 else MOMENT,
            f"PWM_MAIN_FUNC{i + 1}": FUNCTION_MOTOR1 + i,
        }
    return made
