"""How PX4's SITL binary is started for our simulator: facts of ROMFS/px4fmu_common/init.d-posix and platforms/posix of PX4."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.instances import Port
from hil.bridges.process import Launch
from hil.bridges.px4_airframe import airframe_params
from hil.bridges.px4_serve import PORT

# px4-rc.mavlink: where PX4 itself listens; the instance's number is added. 14280 and 13030 are the payload's and the gimbal's.
GROUND_PORT, PROGRAM_PORT, OTHER_PORTS = 18570, 14580, (14280, 13030)
# Its own airframes to begin with, by their names from one release to the other: those that wait for a simulator like this one.
MODELS = {
    "multirotor": ("none_iris", "iris"),
    "plane": ("gazebo-classic_plane", "plane"),
    "vtol": ("gazebo-classic_standard_vtol", "standard_vtol"),
}


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
    """`folder` becomes its working directory: parameters and logs. Raises UserError as `check_px4` does."""
    etc = start_up_files(binary)
    set_by_us = airframe_params(airframe) | dict(params)
    return Launch(
        argv=(str(binary), "-i", str(instance), "-d", str(etc)),
        folder=folder,
        env={
            "PX4_SIM_MODEL": model_of(etc, airframe),
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


def model_of(etc: Path, airframe: Airframe) -> str:
    """The name of PX4's own airframe to begin with. Raises UserError when there is none for one like this."""
    airframes = etc / "init.d-posix" / "airframes"
    names = MODELS.get(airframe.kind, ())
    for name in names:
        if any(airframes.glob(f"*_{name}")):
            return name
    looked = f" (looked for {' and '.join(names)})" if names else ""
    raise UserError(
        f"PX4's start-up files have none to begin a {airframe.kind} with in this simulator{looked}",
        where=str(airframes),
        hint="start PX4 yourself beside landline hil px4",
    )


def check_px4(binary: Path, airframe: Airframe) -> None:
    """Before anything is started. Raises UserError for a binary alone, and for what PX4 cannot fly here."""
    airframe_params(airframe)
    model_of(start_up_files(binary), airframe)
