"""The options that say what a simulated aircraft meets: wind, turbulence, temperature, and what breaks when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

# Written down, so that the help need not look for them.
AIRFRAMES = "quad_x, quad_plus, hexa_x, octo_x, octo_coax_x, plane, elevon, quadplane, rover, or a TOML file of your own"

WindOption = Annotated[str, typer.Option("--wind", help="Where the air goes to: NORTH,EAST,DOWN in m/s.")]
GustOption = Annotated[float, typer.Option("--gust", help="Gusts, m/s.")]
TurbulenceOption = Annotated[
    float, typer.Option("--turbulence", help="Wind at 20 ft behind MIL-F-8785C turbulence, m/s.")
]
TemperatureOption = Annotated[
    float | None, typer.Option("--temperature", help="The air's temperature at home, degrees Celsius.")
]
RoughnessOption = Annotated[
    float | None,
    typer.Option(
        "--roughness",
        help="The ground's roughness, m: wind grows with height, --wind being that at 20 ft. [0.05 on wings, else none]",
    ),
]
TerrainOption = Annotated[
    Path | None,
    typer.Option("--terrain", help="The ground: an SRTM tile (.hgt), ASCII grid (.asc) or GeoTIFF. [flat]"),
]
ScenarioOption = Annotated[
    Path | None,
    typer.Option(
        "--scenario", help="A TOML file with wind, terrain and faults; options beside it outrank its own."
    ),
]
FaultOption = Annotated[
    list[str] | None,
    typer.Option("--fault", help="What breaks when: 'motor1 weak:0.7 30', 'gps jam 60 20'. Several times."),
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
    """These options as arguments of `hil.sim.vehicle.SimVehicle`. Raises UserError."""
    from hil.faults.schedule import Fault
    from hil.sim.scenario import check_air, check_temperature, check_wind, naming_place
    from hil.sim.scenario_file import Scenario, read_scenario
    from hil.world.raster import read_raster

    told = read_scenario(scenario) if scenario else Scenario()
    wind_ned = wind_of(wind) if wind != "0,0,0" else told.wind_ned_m_s
    gust, turbulence = gust or told.gust_m_s, turbulence or told.turbulence_m_s
    roughness = told.roughness_m if roughness is None else roughness
    terrain = terrain or told.terrain
    # What the file says was checked when it was read.
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
    elif told.temperature_c is not None:
        warmer_k = check_temperature(told.temperature_c, home_alt_m, where=f"{scenario}: temperature_c")
    return {
        "wind_ned": wind_ned,
        "gust_m_s": gust,
        "turbulence_m_s": turbulence,
        "warmer_k": warmer_k,
        "roughness_m": roughness,
        "terrain": None if terrain is None else read_raster(terrain),
        "faults": (*told.faults, *(Fault.parse(text) for text in faults or ())),
    }


def wind_of(text: str) -> tuple[float, float, float]:
    """Raises UserError."""
    from controller.errors import UserError

    try:
        north, east, down = (float(part) for part in text.split(","))
    except ValueError:
        raise UserError(
            f"'{text}' is no wind", where="--wind", hint="write NORTH,EAST,DOWN: 3,-2,0"
        ) from None
    return north, east, down
