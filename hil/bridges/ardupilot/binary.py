"""How ArduPilot's SITL binary is started for our simulator: facts of libraries/AP_HAL_SITL/SITL_cmdline.cpp of ardupilot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.ardupilot.outputs import VEHICLES, output_parameters
from hil.bridges.process.instances import Port
from hil.bridges.process.program import Launch
from hil.geodesy import Home
from hil.physics.params import OCV

BASE_PORT, RC_PORT, APART = 5760, 5501, 10
SERIAL_PORTS = (0, 2, 3)  # after the base port: SERIAL0 to SERIAL2 as SITL opens them unless told otherwise
DEFAULTS = "landline.parm"
MAX_SPEED = 100.0  # as ArduPilot's own tests ask for where they want it as fast as it goes
CHANNELS = 8  # of SITL's own transmitter, 1000 to 2000 us
# SITL's simulated compasses have these offsets (SIM_MAG1_OFS_X, _Y, _Z), and an uncalibrated compass does not arm.
COMPASS_OFFSETS = (5, 13, -18)


def ardupilot_ports(instance: int) -> list[Port]:
    """What has to be free for it; the physics' own port is asked of the operating system."""
    serial: list[Port] = [("tcp", BASE_PORT + APART * instance + port) for port in SERIAL_PORTS]
    return [*serial, ("udp", RC_PORT + APART * instance)]


def ardupilot_launch(
    binary: Path,
    airframe: Airframe,
    home: Home,
    *,
    instance: int,
    folder: Path,
    speed: float,
    params: Mapping[str, float],
    physics_port: int,
    ground_port: int,
) -> Launch:
    """Writes the file of its parameters into `folder`, its working directory. Raises AirframeError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    write_parameters(folder / DEFAULTS, vehicle_parameters(airframe) | dict(params))
    place = f"{home.lat_deg:.8f},{home.lon_deg:.8f},{home.alt_amsl_m:.3f},{home.heading_deg:.1f}"
    return Launch(
        argv=(
            str(binary), "--wipe", "--model", "JSON:127.0.0.1", "--instance", str(instance),
            "--sim-port-out", str(physics_port), "--home", place, "--speedup", f"{min(speed, MAX_SPEED):g}",
            "--defaults", DEFAULTS, "--serial0", f"udpclient:127.0.0.1:{ground_port}",
        ),
        folder=folder,
    )  # fmt: skip


def check_vehicle(binary: Path, airframe: Airframe) -> None:
    """Raises UserError for a vehicle's binary that flies other airframes, AirframeError for what ArduPilot cannot fly."""
    output_parameters(airframe)
    wanted, name = VEHICLES[airframe.kind], binary.name.lower()
    if any(vehicle in name for vehicle in VEHICLES.values()) and wanted not in name:
        raise UserError(
            f"this is no binary for {airframe.name}, a {airframe.kind}",
            where=str(binary),
            hint=f"name {wanted}, or another --sim",
        )


def write_parameters(file: Path, params: Mapping[str, float]) -> None:
    """In the form of ArduPilot's own files of defaults. Raises OSError."""
    lines = [f"{name} {value:.9g}\n" for name, value in params.items()]
    file.write_text("".join(lines), encoding="ascii")


def vehicle_parameters(airframe: Airframe) -> dict[str, float]:
    """What a vehicle nobody has set up yet needs to arm and to fly this airframe.

    Beside the airframe's own what the files of Tools/autotest/default_params have for it: the JSON model begins with none of them.
    """
    # Low is an empty battery at rest; ArduPilot's own 10.5 V would ground a smaller one.
    empty_v = float(airframe.params[OCV])
    made = output_parameters(airframe) | {"BATT_MONITOR": 4, "BATT_LOW_VOLT": empty_v}
    for channel in range(1, CHANNELS + 1):
        rest = 1000 if channel == 3 and airframe.wing is not None else 1500
        made |= {f"RC{channel}_MIN": 1000, f"RC{channel}_MAX": 2000, f"RC{channel}_TRIM": rest}
    for number in ("", "2", "3"):
        made |= {f"COMPASS_OFS{number}_{axis}": v for axis, v in zip("XYZ", COMPASS_OFFSETS, strict=True)}
    # None but calibrated accelerometers arm, and zero offsets count as never calibrated.
    for number in ("", "2"):
        made |= {f"INS_ACC{number}OFFS_{axis}": 0.001 for axis in "XYZ"}
        made |= {f"INS_ACC{number}SCAL_{axis}": 1.001 for axis in "XYZ"}
    return made
