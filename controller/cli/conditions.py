"""Options for the conditions of a simulated flight: wind, turbulence, temperature, terrain and faults."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

# A constant, so that the help need not read the airframe files.
AIRFRAMES = (
    "quad_x, quad_plus, hexa_x, octo_x, octo_coax_x, plane, elevon, quadplane, rover, or your own TOML file"
)

WindOption = Annotated[
    str,
    typer.Option(
        "--wind",
        metavar="WIND",
        help="Wind: SPEED@FROM (8@270: 8 m/s from the west) or NORTH,EAST,DOWN, motion of the air in m/s.",
    ),
]
GustOption = Annotated[float, typer.Option("--gust", metavar="M/S", help="Standard deviation of gusts, m/s.")]
TurbulenceOption = Annotated[
    float,
    typer.Option("--turbulence", metavar="M/S", help="Wind at 20 ft that sets MIL-F-8785C turbulence, m/s."),
]
TemperatureOption = Annotated[
    float | None,
    typer.Option("--temperature", metavar="CELSIUS", help="Air temperature at home, degrees Celsius."),
]
RoughnessOption = Annotated[
    float | None,
    typer.Option(
        "--roughness",
        metavar="METRES",
        help="Ground roughness, m: wind grows with height, and is given at 20 ft. [0.05 on wings, else none]",
    ),
]
TerrainOption = Annotated[
    Path | None,
    typer.Option(
        "--terrain",
        metavar="FILE",
        help="Terrain file: SRTM tile (.hgt), ASCII grid (.asc) or GeoTIFF. [flat]",
    ),
]
ScenarioOption = Annotated[
    Path | None,
    typer.Option(
        "--scenario",
        metavar="FILE",
        help="TOML file with wind, terrain and faults; other options override it.",
    ),
]
FaultOption = Annotated[
    list[str] | None,
    typer.Option(
        "--fault", metavar="FAULT", help="A fault: 'motor1 weak:0.7 30', 'gps jam 60 20'. May be repeated."
    ),
]


def conditions(
    home_alt_m: float,
    *,
    wind: str,
    gust: float,
    turbulence: float,
    temperature: float | None,
    roughness: float | None,
    terrain: Path | None,
    faults: list[str] | None,
    scenario: Path | None = None,
) -> dict[str, Any]:
    """Return these options as arguments of `hil.sim.vehicle.SimVehicle`. Raises UserError."""
    from controller.terrain.read import read_raster
    from hil.faults.schedule import Fault
    from hil.sim.scenario import check_air, check_temperature, check_wind, naming_place
    from hil.sim.scenario_file import Scenario, read_scenario

    file = read_scenario(scenario) if scenario else Scenario()
    wind_ned = parse_wind(wind) if wind != "0,0,0" else file.wind_ned_m_s
    gust, turbulence = gust or file.gust_m_s, turbulence or file.turbulence_m_s
    roughness = file.roughness_m if roughness is None else roughness
    terrain = terrain or file.terrain
    # Values of the file were checked when it was read.
    with naming_place("--wind"):
        check_wind(wind_ned, 0.0)
    with naming_place("--gust"):
        check_wind((0.0, 0.0, 0.0), gust)
    with naming_place("--turbulence"):
        check_air(turbulence, 0.0, 0.0)
    with naming_place("--roughness"):
        check_air(0.0, roughness or 0.0, 0.0)
    warmer_k = 0.0
    if temperature is not None:
        warmer_k = check_temperature(temperature, home_alt_m, where="--temperature")
    elif file.temperature_c is not None:
        warmer_k = check_temperature(file.temperature_c, home_alt_m, where=f"{scenario}: temperature_c")
    return {
        "wind_ned": wind_ned,
        "gust_m_s": gust,
        "turbulence_m_s": turbulence,
        "warmer_k": warmer_k,
        "roughness_m": roughness,
        "terrain": None if terrain is None else read_raster(terrain).filled(),
        "faults": (*file.faults, *(Fault.parse(text) for text in faults or ())),
    }


def parse_wind(text: str) -> tuple[float, float, float]:
    """Return the motion of the air over ground (m/s, NED) from `SPEED@FROM` or `NORTH,EAST,DOWN`.

    FROM is the meteorological direction, 0 to 360 degrees from true north: `8@270` blows from the west towards the
    east. Raises UserError.
    """
    from controller.errors import UserError

    invalid = f"invalid wind '{text}'"
    hint = "write SPEED@FROM, such as 8@270 for 8 m/s from the west, or NORTH,EAST,DOWN, such as 0,8,0"
    speed_text, polar, from_text = text.partition("@")
    try:
        if not polar:
            north, east, down = (float(part) for part in text.split(","))
            return north, east, down
        speed, from_deg = float(speed_text), float(from_text)
    except ValueError:
        raise UserError(invalid, where="--wind", hint=hint) from None
    if not 0.0 <= speed < math.inf:
        raise UserError(f"{invalid}: speed must be 0 m/s or above", where="--wind", hint=hint)
    if not 0.0 <= from_deg <= 360.0:
        raise UserError(f"{invalid}: direction must be 0 to 360 degrees", where="--wind", hint=hint)
    towards = math.radians(from_deg % 360.0 + 180.0)
    # Rounded, so that wind from the west is exactly east; adding 0.0 makes -0.0 positive.
    return round(speed * math.cos(towards), 9) + 0.0, round(speed * math.sin(towards), 9) + 0.0, 0.0
