"""Reader of airframe files (TOML), checked and laid out as parameter rows; one error line per mistake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.feasibility import check_body, check_hovers
from hil.airframes.rovers import fill_rover
from hil.airframes.toml_check import NumberRule, TomlChecker, at_least, between, positive
from hil.airframes.wings import ROLLING, SOURCED, cruise_m_s, fill_wing
from hil.errors import AirframeError
from hil.physics import params as p
from hil.physics import rover_params as r
from hil.physics import wing_params as w
from hil.toml_file import read_toml

FORMAT = 1
BUNDLED = Path(__file__).parent

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
    "feet_m": NumberRule(p.FEET, between(-1.0, 1.0), count=12, rows=4),
    "stiffness_n_m": NumberRule(p.CONTACT_STIFFNESS, positive),
    "damping_n_s_m": NumberRule(p.CONTACT_DAMPING, positive),
    "friction": NumberRule(p.FRICTION, between(0.0, 3.0)),
}
SECTIONS = {"body": BODY, "propulsion": PROPULSION, "battery": BATTERY, "ground": GROUND}
WITH_ROTORS, WINGED, DRIVEN = ("multirotor", "vtol"), ("plane", "vtol"), ("rover",)
KINDS = (*WITH_ROTORS, "plane", *DRIVEN)


@dataclass(frozen=True, slots=True, eq=False)
class Airframe:
    """Checked airframe with its parameter rows, which must not be written to.

    `params` is laid out by `hil.physics.params`, `wing` by `hil.physics.wing_params` (None without a wing) and
    `rover` by `hil.physics.rover_params` (None for other kinds). `kind` is multirotor, plane, vtol or rover.
    """

    name: str
    kind: str
    description: str
    file: str
    params: NDArray[np.float64]
    wing: NDArray[np.float64] | None = None
    rover: NDArray[np.float64] | None = None
    cruise_m_s: float = 0.0  # cruise speed: indicated airspeed of a wing, ground speed of a rover

    @property
    def bundled(self) -> bool:
        """Whether it comes with Landline; otherwise the figures are the user's."""
        return Path(self.file).parent == BUNDLED

    @property
    def rotor_count(self) -> int:
        """Number of lifting rotors."""
        return int(self.params[p.ROTORS])

    @property
    def motor_count(self) -> int:
        """Number of motors: lifting rotors and propeller, or driven wheels."""
        return self.rotor_count + (self.wing is not None) if self.rover is None else 2

    @property
    def surface_count(self) -> int:
        """Number of control surfaces."""
        return 0 if self.wing is None else int(self.wing[w.SURFACES])

    @property
    def points_m(self) -> NDArray[np.float64]:
        """Contact points besides the feet (n x 3, m, FRD): rotor hubs of a multirotor, else hull points."""
        if self.wing is not None:
            return self.wing[w.HULL_TABLE :][: 3 * int(self.wing[w.HULL])].reshape(-1, 3)
        if self.rover is not None:
            return self.rover[r.HULL_TABLE :][: 3 * int(self.rover[r.HULL])].reshape(-1, 3)
        return self.params[p.ROTOR_TABLE :][: 4 * self.rotor_count].reshape(-1, 4)[:, :3]

    @property
    def full_thrust_n(self) -> float:
        """Thrust of all rotors at full duty and reference voltage, at sea level, N."""
        return float(self.params[p.THRUST_COEF] * self.params[p.MAX_SPEED] ** 2 * self.params[p.ROTORS])

    @property
    def hover_thrust_fraction(self) -> float:
        """Share of full rotor thrust that carries the weight, 0..1."""
        return float(self.params[p.MASS]) * 9.80665 / self.full_thrust_n

    @property
    def resting_height_m(self) -> float:
        """Height of the centre of mass when standing on its feet, which its weight compresses, m."""
        sink = self.params[p.MASS] * 9.80665 / (4.0 * self.params[p.CONTACT_STIFFNESS])
        return float(self.params[p.FEET + 2 : p.FEET + 12 : 3].mean() - sink)


def bundled_airframes(*kinds: str) -> tuple[str, ...]:
    """Return the names of the airframes that come with Landline, limited to `kinds` where any are given."""
    names = sorted(path.stem for path in BUNDLED.glob("*.toml"))
    return tuple(name for name in names if not kinds or load_airframe(name).kind in kinds)


def load_airframe(name_or_path: str | Path) -> Airframe:
    """Return a bundled airframe by its name, or a user's by the path of its TOML file. Raises AirframeError."""
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml":
        path = BUNDLED / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(bundled_airframes())
            raise AirframeError(
                f"unknown airframe (known: {known})",
                where=str(name_or_path),
                hint="a file of your own must end in .toml",
            )
    document = read_toml(path, AirframeError)
    with TomlChecker(str(path)) as check:
        return _checked(document, check)


def _checked(document: dict[str, Any], check: TomlChecker) -> Airframe:
    kind = check.one_of(document, "kind", KINDS)
    has_rotors, winged, driven = kind in WITH_ROTORS, kind in WINGED, kind in DRIVEN
    check.known_keys(document, _top_keys(has_rotors=has_rotors, winged=winged, driven=driven), "")
    check.one_of(document, "format", (FORMAT,))
    row = np.zeros(p.PARAM_SIZE)
    for name, rules in SECTIONS.items():
        if name == "propulsion" and not has_rotors:
            continue
        section = check.table(document, name)
        rolls = name == "ground" and (winged or driven)
        more = (*(ROLLING if winged else ()), "hull_m") if rolls else ()
        check.known_keys(section, ("source", *rules, *more), f"{name}.")
        check.text(section, "source", f"{name}.")
        for key, rule in rules.items():
            check.numbers(section, key, f"{name}.", rule, row)
    if has_rotors:
        _fill_rotors(document, check, row, most=w.MAX_LIFTERS if winged else 8)
    else:
        # Without rotors these have no effect, but the physics divides by them.
        for slot in (p.TAU_UP, p.TAU_DOWN, p.EFFICIENCY, p.REF_VOLTAGE, p.RADIUS):
            row[slot] = 1.0
    name, description = (check.text(document, key, "") for key in ("name", "description"))
    cruise = cruise_m_s(document, check) if winged or driven else 0.0
    wing = fill_wing(document, check, row, cruise_m_s=cruise) if winged else None
    rover = fill_rover(document, check, row) if driven else None
    check.raise_mistakes()
    if has_rotors:
        # The slot holds the advance ratio of the file until the value derived from it replaces it.
        p.derive_rotor_params(row, zero_thrust_advance=float(row[p.INFLOW_LOSS]))
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
    if has_rotors:
        check_hovers(check, row)
    row.flags.writeable = False
    return airframe


def _top_keys(*, has_rotors: bool, winged: bool, driven: bool) -> tuple[str, ...]:
    keys: tuple[str, ...] = ("format", "name", "kind", "description", "body", "battery", "ground")
    if has_rotors:
        keys += ("rotors", "propulsion")
    if winged:
        keys += (*SOURCED, "surfaces", "servo_tau_s", "cruise_m_s")
    if driven:
        keys += ("drive", "cruise_m_s")
    return keys


def _fill_rotors(
    document: dict[str, Any], check: TomlChecker, row: NDArray[np.float64], *, most: int
) -> None:
    rotors = document.get("rotors")
    # The state has room for `most` rotors; fewer than four cannot control all three axes.
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
