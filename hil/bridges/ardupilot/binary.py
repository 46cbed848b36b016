"""Start of ArduPilot's SITL binary for our simulator (libraries/AP_HAL_SITL/SITL_cmdline.cpp of ardupilot)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.ardupilot.outputs import VEHICLES, output_parameters
from hil.bridges.parameter_text import number_text
from hil.bridges.process.instances import Port
from hil.bridges.process.program import Launch
from hil.geodesy import Home
from hil.physics.params import OCV

BASE_PORT, RC_PORT, APART = 5760, 5501, 10
SERIAL_PORTS = (0, 2, 3)  # after the base port: SERIAL0 to SERIAL2 of SITL by default
DEFAULTS = "landline.parm"
MAX_SPEED = 100.0  # as in ArduPilot's own tests
CHANNELS = 8  # of SITL's simulated RC transmitter, 1000 to 2000 us
# SITL's simulated compasses have these offsets (SIM_MAG1_OFS_X, _Y, _Z), and an uncalibrated compass does not arm.
COMPASS_OFFSETS = (5, 13, -18)


def ardupilot_ports(instance: int) -> list[Port]:
    """Return the ports of an instance that must be free; the operating system chooses the physics port."""
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
    """Write the parameter file into `folder`, the working directory, and return the launch.

    Raises AirframeError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_parameters(folder / DEFAULTS, vehicle_parameters(airframe) | dict(params))
    home_text = f"{home.lat_deg:.8f},{home.lon_deg:.8f},{home.alt_amsl_m:.3f},{home.heading_deg:.1f}"
    return Launch(
        argv=(
            str(binary), "--wipe", "--model", "JSON:127.0.0.1", "--instance", str(instance),
            "--sim-port-out", str(physics_port), "--home", home_text, "--speedup", f"{min(speed, MAX_SPEED):g}",
            "--defaults", DEFAULTS, "--serial0", f"udpclient:127.0.0.1:{ground_port}",
        ),
        folder=folder,
    )  # fmt: skip


def check_vehicle(binary: Path, airframe: Airframe) -> None:
    """Check that the binary can fly the airframe. Raises UserError for another vehicle's binary, AirframeError."""
    output_parameters(airframe)
    expected, name = VEHICLES[airframe.kind], binary.name.lower()
    if any(vehicle in name for vehicle in VEHICLES.values()) and expected not in name:
        raise UserError(
            f"cannot fly {airframe.name}, a {airframe.kind}, with this binary",
            where=str(binary),
            hint=f"use {expected}, or another --sim",
        )


def write_parameters(file: Path, params: Mapping[str, float]) -> None:
    """Write a parameter file in the format of ArduPilot's default files. Raises OSError."""
    lines = [f"{name} {number_text(value)}\n" for name, value in params.items()]
    file.write_text("".join(lines), encoding="ascii")


def vehicle_parameters(airframe: Airframe) -> dict[str, float]:
    """Return the parameters that a new vehicle needs to arm and to fly this airframe.

    Besides the airframe's own, these are parameters of Tools/autotest/default_params: the JSON model starts without
    them.
    """
    # Low is an empty battery at rest; ArduPilot's default of 10.5 V is above a small battery's voltage.
    empty_v = float(airframe.params[OCV])
    made = output_parameters(airframe) | {"BATT_MONITOR": 4, "BATT_LOW_VOLT": empty_v}
    for channel in range(1, CHANNELS + 1):
        rest = 1000 if channel == 3 and airframe.wing is not None else 1500
        made |= {f"RC{channel}_MIN": 1000, f"RC{channel}_MAX": 2000, f"RC{channel}_TRIM": rest}
    for number in ("", "2", "3"):
        made |= {f"COMPASS_OFS{number}_{axis}": v for axis, v in zip("XYZ", COMPASS_OFFSETS, strict=True)}
    # Arming needs calibrated accelerometers, and zero offsets count as not calibrated.
    for number in ("", "2"):
        made |= {f"INS_ACC{number}OFFS_{axis}": 0.001 for axis in "XYZ"}
        made |= {f"INS_ACC{number}SCAL_{axis}": 1.001 for axis in "XYZ"}
    return made
