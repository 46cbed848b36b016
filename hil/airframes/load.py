"""An airframe's TOML file, read and checked into a parameter row; one clear line per mistake, naming file and key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.feasibility import check_body, check_hovers
from hil.airframes.rovers import fill_rover
from hil.airframes.toml_check import AirframeChecker, NumberRule, at_least, between, positive
from hil.airframes.wings import ROLLING, SOURCED, cruise_m_s, fill_wing
from hil.errors import AirframeError
from hil.physics import params as p
from hil.physics import rover_params as r
from hil.physics import wing_params as w
from hil.toml_file import read_toml

FORMAT = 1
SHIPPED = Path(__file__).parent

BODY = {
    "mass_kg": NumberRule(p.MASS, between(0.05, 200.0)),
    "inertia_kg_m2": NumberRule(p.INERTIA, between(1e-6, 100.0), count=3),
    "drag_area_m2": NumberRule(p.DRAG_AREA, between(0.0, 10.0), count=3),
}
PROPULSION = {
    "thrust_coef_n_s2": NumberRule(p.THRUST_COEF, positive),
    "moment_coef_m": NumberRule(p.MOMENT_COEF, between(0.0, 1.0)),
    "rotor_inertia_kg_m2": NumberRule(p.ROTOR_INERTIA, between(1e-9, 1.0)),
    "tau_up_s": NumberRule(p.TAU_UP, between(0.001, 1.0)),
    "tau_down_s": NumberRule(p.TAU_DOWN, between(0.001, 1.0)),
    "max_speed_rad_s": NumberRule(p.MAX_SPEED, between(10.0, 10000.0)),
    "at_voltage_v": NumberRule(p.REF_VOLTAGE, between(1.0, 1000.0)),
    "rotor_drag_coef": NumberRule(p.ROTOR_DRAG, at_least(0.0)),
    "lock_number": NumberRule(p.LOCK, between(0.1, 20.0)),
    "flap_frequency": NumberRule(p.FLAP_FREQUENCY, between(1.0, 10.0)),
    "radius_m": NumberRule(p.RADIUS, between(0.01, 5.0)),
    "zero_thrust_advance": NumberRule(p.INFLOW_LOSS, between(0.2, 3.0)),
    "efficiency": NumberRule(p.EFFICIENCY, between(0.05, 1.0)),
}
BATTERY = {
    "capacity_mah": NumberRule(p.CAPACITY_C, positive, scale=3.6),
    "resistance_ohm": NumberRule(p.RESISTANCE, at_least(0.0)),
    "avionics_w": NumberRule(p.AVIONICS_W, at_least(0.0)),
    "ocv_v": NumberRule(p.OCV, between(0.5, 1000.0), count=p.OCV_POINTS),
}
GROUND = {
    "feet_m": NumberRule(p.LEGS, between(-1.0, 1.0), count=12, rows=4),
    "stiffness_n_m": NumberRule(p.CONTACT_STIFFNESS, positive),
    "damping_n_s_m": NumberRule(p.CONTACT_DAMPING, positive),
    "friction": NumberRule(p.FRICTION, between(0.0, 3.0)),
}
SECTIONS = {"body": BODY, "propulsion": PROPULSION, "battery": BATTERY, "ground": GROUND}
LIFTED, WINGED, DRIVEN = ("multirotor", "vtol"), ("plane", "vtol"), ("rover",)
KINDS = (*LIFTED, "plane", *DRIVEN)


@dataclass(frozen=True, slots=True, eq=False)
class Airframe:
    """A checked airframe; `params` is laid out by `hil.physics.params`, `wing` by `hil.physics.wing_params` and `rover` by
    `hil.physics.rover_params` (None where it is none). They must not be written to."""

    name: str
    kind: str
    description: str
    file: str
    params: NDArray[np.float64]
    wing: NDArray[np.float64] | None = None
    rover: NDArray[np.float64] | None = None
    cruise_m_s: float = 0.0  # what a wing (indicated airspeed) or a rover is meant for

    @property
    def shipped(self) -> bool:
        """Whether it comes along; else its figures are its user's."""
        return Path(self.file).parent == SHIPPED

    @property
    def rotor_count(self) -> int:
        """Rotors that lift."""
        return int(self.params[p.ROTORS])

    @property
    def motor_count(self) -> int:
        """Rotors that lift, and the propeller; or driven wheels."""
        return self.rotor_count + (self.wing is not None) if self.rover is None else 2

    @property
    def surface_count(self) -> int:
        return 0 if self.wing is None else int(self.wing[w.SURFACES])

    @property
    def points_m(self) -> NDArray[np.float64]:
        """What may touch the ground beside its feet: hubs, or points of its hull (n x 3)."""
        if self.wing is not None:
            return self.wing[w.HULL_TABLE :][: 3 * int(self.wing[w.HULL])].reshape(-1, 3)
        if self.rover is not None:
            return self.rover[r.HULL_TABLE :][: 3 * int(self.rover[r.HULL])].reshape(-1, 3)
        return self.params[p.ROTOR_TABLE :][: 4 * self.rotor_count].reshape(-1, 4)[:, :3]

    @property
    def full_thrust_n(self) -> float:
        """All rotors at full duty, at the reference voltage, in sea level air."""
        return float(self.params[p.THRUST_COEF] * self.params[p.MAX_SPEED] ** 2 * self.params[p.ROTORS])

    @property
    def hover_thrust_fraction(self) -> float:
        """Of its rotors' full thrust, what carries it."""
        return float(self.params[p.MASS]) * 9.80665 / self.full_thrust_n

    @property
    def resting_height_m(self) -> float:
        """The centre of mass above the ground when standing, its legs pressed in by its weight."""
        sink = self.params[p.MASS] * 9.80665 / (4.0 * self.params[p.CONTACT_STIFFNESS])
        return float(self.params[p.LEGS + 2 : p.LEGS + 12 : 3].mean() - sink)


def bundled_airframes(*kinds: str) -> tuple[str, ...]:
    """The names of the airframes that come along; of these kinds, where any are given."""
    names = sorted(path.stem for path in SHIPPED.glob("*.toml"))
    return tuple(name for name in names if not kinds or load_airframe(name).kind in kinds)


def load_airframe(name_or_path: str | Path) -> Airframe:
    """A shipped airframe by name, or a user's by the path of its TOML file. Raises AirframeError."""
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml":
        path = SHIPPED / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(bundled_airframes())
            raise AirframeError(
                f"there is no airframe of this name (there are: {known})",
                where=str(name_or_path),
                hint="a file of your own must end in .toml",
            )
    return _checked(read_toml(path, AirframeError), AirframeChecker(str(path)))


def _checked(document: dict[str, Any], check: AirframeChecker) -> Airframe:
    kind = check.one_of(document, "kind", KINDS)
    lifted, winged, driven = kind in LIFTED, kind in WINGED, kind in DRIVEN
    check.known_keys(document, _top_keys(lifted=lifted, winged=winged, driven=driven), "")
    check.one_of(document, "format", (FORMAT,))
    row = np.zeros(p.PARAM_SIZE)
    for name, rules in SECTIONS.items():
        if name == "propulsion" and not lifted:
            continue
        section = check.table(document, name)
        rolls = name == "ground" and (winged or driven)
        more = (*(ROLLING if winged else ()), "hull_m") if rolls else ()
        check.known_keys(section, ("source", *rules, *more), f"{name}.")
        check.text(section, "source", f"{name}.")
        for key, rule in rules.items():
            check.numbers(section, key, f"{name}.", rule, row)
    if lifted:
        _fill_rotors(document, check, row, most=w.MAX_LIFTERS if winged else 8)
    else:
        # Without rotors these mean nothing, but they are divided by.
        for slot in (p.TAU_UP, p.TAU_DOWN, p.EFFICIENCY, p.REF_VOLTAGE, p.RADIUS):
            row[slot] = 1.0
    name, description = (check.text(document, key, "") for key in ("name", "description"))
    cruise = cruise_m_s(document, check) if winged or driven else 0.0
    wing = fill_wing(document, check, row, cruise_m_s=cruise) if winged else None
    rover = fill_rover(document, check, row) if driven else None
    check.end()
    if lifted:
        # The file's advance ratio waited in the slot of what is derived from it.
        p.finished(row, zero_thrust_advance=float(row[p.INFLOW_LOSS]))
    airframe = Airframe(
        name=name,
        kind=kind,
        description=description,
        file=check.file,
        params=row,
        wing=wing,
        rover=rover,
        cruise_m_s=cruise,
    )
    check_body(check, row, airframe.points_m)
    if lifted:
        check_hovers(check, row)
    row.flags.writeable = False
    return airframe


def _top_keys(*, lifted: bool, winged: bool, driven: bool) -> tuple[str, ...]:
    keys: tuple[str, ...] = ("format", "name", "kind", "description", "body", "battery", "ground")
    if lifted:
        keys += ("rotors", "propulsion")
    if winged:
        keys += (*SOURCED, "surfaces", "servo_tau_s", "cruise_m_s")
    if driven:
        keys += ("drive", "cruise_m_s")
    return keys


def _fill_rotors(
    document: dict[str, Any], check: AirframeChecker, row: NDArray[np.float64], *, most: int
) -> None:
    rotors = document.get("rotors")
    # `most` is what the state has room for; fewer than four cannot hold all three axes.
    if not isinstance(rotors, list) or not 4 <= len(rotors) <= most:
        check.fail(
            "rotors", f"must be 4 to {most} [[rotors]] tables" if most > 4 else "must be 4 [[rotors]] tables"
        )
    row[p.ROTORS] = len(rotors)
    for i, rotor in enumerate(rotors):
        place = f"rotors[{i}]."
        check.known_keys(rotor, ("position_m", "turns"), place)
        check.numbers(
            rotor, "position_m", place, NumberRule(p.ROTOR_TABLE + 4 * i, between(-5.0, 5.0), count=3), row
        )
        if rotor.get("turns") not in ("cw", "ccw"):
            check.wrong(
                f"{place}turns", f'must be "cw" or "ccw" (seen from above), is {rotor.get("turns")!r}'
            )
        row[p.ROTOR_TABLE + 4 * i + 3] = 1.0 if rotor.get("turns") == "cw" else -1.0
