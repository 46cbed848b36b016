"""`landline mission plan spray` and `spread`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.mission.plan.options import Area, JobOptions, KeepOutOptions
from controller.cli.shared_options import with_options

if TYPE_CHECKING:
    from controller.missions.patterns.dose import Dose
    from controller.missions.patterns.spray import Zones
    from controller.missions.route.items import Pump

_DEFAULT_HEIGHT_M = 3.0
_DEFAULT_SPEED_M_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOptions:
    """How a field is covered, and how the pump is switched."""

    swath_m: Annotated[
        float | None, typer.Option("--swath-m", metavar="METRES", help="Width that one pass covers, m.")
    ] = None
    angle_deg: Annotated[
        float | None,
        typer.Option(
            "--angle-deg", metavar="DEGREES", help="Direction of the passes, from north. [fewest turns]"
        ),
    ] = None
    laps: Annotated[
        int, typer.Option("--laps", metavar="COUNT", help="Laps along all edges of the field.")
    ] = 1
    no_spray: Annotated[
        Path | None,
        typer.Option("--no-spray", metavar="FILE", help="File of areas and lines that get no drop."),
    ] = None
    no_spray_buffer_m: Annotated[
        float, typer.Option("--no-spray-buffer-m", metavar="METRES", help="Distance of the drops to them, m.")
    ] = 5.0
    pump: Annotated[
        str,
        typer.Option(
            "--pump",
            metavar="SWITCH",
            help="Switch: sprayer (DO_SPRAYER), relay:N or servo:N[:ON:OFF], pulses in us.",
        ),
    ] = "sprayer"
    pump_delay_s: Annotated[
        float,
        typer.Option("--pump-delay-s", metavar="SECONDS", help="Time from the order to the first drop, s."),
    ] = 0.0
    run_in_m: Annotated[
        float | None,
        typer.Option(
            "--run-in-m",
            metavar="METRES",
            help="Straight flight before and after each pass. [what an even dose needs]",
        ),
    ] = None
    refill: Annotated[
        list[str] | None,
        typer.Option(
            "--refill",
            metavar="LAT,LON",
            help="Place to land for a refill; again for each. [home; the nearest of them and home]",
        ),
    ] = None


@with_options(JobOptions)
@with_options(KeepOutOptions)
@with_options(FieldOptions)
def spray(
    area: Area,
    job: JobOptions,
    avoid: KeepOutOptions,
    field: FieldOptions,
    litres_ha: Annotated[
        float | None, typer.Option("--litres-ha", metavar="LITRES", help="Litres a hectare.")
    ] = None,
    flow_l_min: Annotated[
        float | None, typer.Option("--flow-l-min", metavar="LITRES", help="Flow of all nozzles, l a minute.")
    ] = None,
    tank_l: Annotated[
        float | None,
        typer.Option("--tank-l", metavar="LITRES", help="Full tank: the flight ends where it is empty."),
    ] = None,
) -> int:
    """Plan the spraying of a field; give three of --swath-m, --speed, --litres-ha and --flow-l-min."""
    return _plan("spray", area, job, avoid, field, _dose(job, field, litres_ha, flow_l_min, "l"), tank_l)


@with_options(JobOptions)
@with_options(KeepOutOptions)
@with_options(FieldOptions)
def spread(
    area: Area,
    job: JobOptions,
    avoid: KeepOutOptions,
    field: FieldOptions,
    kg_ha: Annotated[float | None, typer.Option("--kg-ha", metavar="KG", help="Kilograms a hectare.")] = None,
    flow_kg_min: Annotated[
        float | None, typer.Option("--flow-kg-min", metavar="KG", help="Flow of the spreader, kg a minute.")
    ] = None,
    hopper_kg: Annotated[
        float | None,
        typer.Option("--hopper-kg", metavar="KG", help="Full hopper: the flight ends where it is empty."),
    ] = None,
) -> int:
    """Plan the spreading of seed or fertilizer; give three of --swath-m, --speed, --kg-ha and --flow-kg-min."""
    return _plan("spread", area, job, avoid, field, _dose(job, field, kg_ha, flow_kg_min, "kg"), hopper_kg)


def _dose(
    job: JobOptions, field: FieldOptions, a_hectare: float | None, flow_a_minute: float | None, unit: str
) -> Dose:
    from controller.missions.patterns.dose import dose_of

    speed_m_s = job.speed_m_s
    if speed_m_s is None and (a_hectare is None or flow_a_minute is None or field.swath_m is None):
        speed_m_s = _DEFAULT_SPEED_M_S
    return dose_of(
        swath_m=field.swath_m,
        speed_m_s=speed_m_s,
        a_hectare=a_hectare,
        flow_a_minute=flow_a_minute,
        unit=unit,
    )


def _plan(
    name: str,
    area: Path,
    job: JobOptions,
    avoid: KeepOutOptions,
    field: FieldOptions,
    dose: Dose,
    tank: float | None,
) -> int:
    from controller.app.planning.areas import read_area
    from controller.cli.mission.plan.finish import finish
    from controller.cli.mission.plan.typed_values import keep_out_of, place_of, start_of
    from controller.errors import UserError
    from controller.missions.patterns.spray import spray as spray_field
    from controller.missions.patterns.spray_options import SprayOptions

    if job.autopilot == "px4":
        raise UserError(
            "cannot plan for PX4: its missions have no item that switches a pump",
            where="--autopilot",
            hint="use ardupilot",
        )
    if field.refill and tank is None:
        raise UserError(
            "cannot plan refills without the size of the tank",
            where="--refill",
            hint="give --tank-l" if name == "spray" else "give --hopper-kg",
        )
    pump = pump_of(field.pump)
    shape = read_area(area, job.name)
    route = spray_field(
        name,
        shape.points,
        SprayOptions(
            dose=dose,
            height_m=_DEFAULT_HEIGHT_M if job.height_m is None else job.height_m,
            headland_laps=field.laps,
            pump_delay_s=field.pump_delay_s,
            tank=tank,
            angle_deg=field.angle_deg,
            follows_speed=pump.by == "sprayer",
            straight_m=field.run_in_m,
        ),
        holes=shape.holes,
        no_spray=_zones(field),
        keep_out=keep_out_of(avoid),
        start=start_of(job),
        refills=[place_of(one, "--refill") for one in field.refill or ()],
    )
    # The speed is the dose's: the route orders it, where it begins.
    return finish(route, replace(job, speed_m_s=None), pump)


def _zones(field: FieldOptions) -> Zones | None:
    from controller.app.planning.areas import read_keep_out
    from controller.missions.patterns.spray import Zones

    if field.no_spray is None:
        return None
    read = read_keep_out(field.no_spray, field.no_spray_buffer_m)
    return Zones(read.areas, read.lines, read.buffer_m)


def pump_of(text: str) -> Pump:
    """Return the switch of the pump from `sprayer`, `relay:N` or `servo:N[:ON:OFF]`. Raises UserError."""
    from controller.errors import UserError
    from controller.missions.route.items import Pump

    kind, *rest = text.split(":")
    try:
        numbers = [int(one) for one in rest]
        if kind == "sprayer" and not numbers:
            return Pump("sprayer")
        if kind == "relay" and len(numbers) == 1 and 0 <= numbers[0] <= 15:
            return Pump("relay", numbers[0])
        if kind == "servo" and len(numbers) in (1, 3) and 1 <= numbers[0] <= 32:
            on_us, off_us = numbers[1:] or (1900, 1100)
            if 500 <= on_us <= 2500 and 500 <= off_us <= 2500:
                return Pump("servo", numbers[0], float(on_us), float(off_us))
        raise ValueError
    except ValueError:
        raise UserError(
            f"invalid value '{text}'",
            where="--pump",
            hint="use sprayer, relay:N (0 to 15) or servo:N:ON:OFF (1 to 32, 500 to 2500 us)",
        ) from None
