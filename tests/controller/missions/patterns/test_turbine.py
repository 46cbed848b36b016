"""Turbines: distances from tower and blades and the rotor's space, recomputed; each surface is seen."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from pyproj import Geod

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.patterns.turbine import TurbineOptions, turbine
from controller.missions.patterns.turbine_shape import Turbine
from controller.missions.route.photos import photos_of
from controller.missions.route.route import Route

WGS84 = Geod(ellps="WGS84")
FOOT = (54.0, 7.5)
HUB_M, BLADE_M, STAND_OFF_M, CLEAR_M = 80.0, 45.0, 12.0, 8.0


def blade_direction(yaw_deg: float, turn_deg: float) -> np.ndarray:
    """Return up, turned to the right of an observer in front of the rotor, who looks at it."""
    yaw, turn = math.radians(yaw_deg), math.radians(turn_deg)
    right_of_observer = np.asarray((-math.cos(yaw), math.sin(yaw), 0.0))
    return math.sin(turn) * right_of_observer + np.asarray((0.0, 0.0, math.cos(turn)))


def front_of(yaw_deg: float) -> np.ndarray:
    return np.asarray((math.sin(math.radians(yaw_deg)), math.cos(math.radians(yaw_deg)), 0.0))


def path_of(route: Route) -> np.ndarray:
    found = []
    for stop in route.stops:
        azimuth, _, away_m = WGS84.inv(FOOT[1], FOOT[0], stop.lon_deg, stop.lat_deg)
        found.append(
            (
                away_m * math.sin(math.radians(azimuth)),
                away_m * math.cos(math.radians(azimuth)),
                stop.height_m,
            )
        )
    return np.asarray(found)


def sampled(path: np.ndarray) -> np.ndarray:
    legs = [
        np.linspace(a, b, max(2, math.ceil(float(np.linalg.norm(b - a)) / 0.3))) for a, b in pairwise(path)
    ]
    return np.concatenate(legs)


def to_segment_m(points: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    share = np.clip((points - begin) @ (end - begin) / ((end - begin) @ (end - begin)), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - begin - np.outer(share, end - begin), axis=1))


@pytest.mark.parametrize(("yaw_deg", "rotor_deg", "pitch_deg"), [(250, 60, 90), (120, 95, 0)])
def test_a_turbine_is_kept_away_from_and_its_rotor_left_clear(
    yaw_deg: float, rotor_deg: float, pitch_deg: float
) -> None:
    what = Turbine(
        hub_m=HUB_M, blade_m=BLADE_M, yaw_deg=yaw_deg, rotor_deg=rotor_deg, pitch_deg=pitch_deg, chord_m=3.0
    )
    route = turbine(FOOT, what, TurbineOptions(stand_off_m=STAND_OFF_M, plane_clear_m=CLEAR_M, photo_m=9.0))
    path = path_of(route)
    points = sampled(path)
    front = front_of(yaw_deg)
    hub = 5.0 * front + np.asarray((0.0, 0.0, HUB_M))
    for blade in range(3):
        tip = hub + BLADE_M * blade_direction(yaw_deg, rotor_deg + 120.0 * blade)
        assert to_segment_m(points, hub, tip).min() > STAND_OFF_M + 1.5 - 0.15
    assert to_segment_m(points, np.zeros(3), np.asarray((0.0, 0.0, HUB_M))).min() > STAND_OFF_M + 2.5 - 0.15
    axial = (points - hub) @ front
    radial = np.linalg.norm(points - hub - np.outer(axial, front), axis=1)
    assert not ((np.abs(axial) < CLEAR_M - 0.1) & (radial < BLADE_M + STAND_OFF_M - 0.6)).any()
    assert path[:, 2].min() >= 5.0 - 1e-6

    photos = photos_of(route)
    at = path[[stop.photo for stop in route.stops]]
    headings, pitches = np.radians(photos.headings_deg), np.radians(photos.pitches_deg)
    looks = np.column_stack(
        [np.sin(headings) * np.cos(pitches), np.cos(headings) * np.cos(pitches), np.sin(pitches)]
    )
    assert photos.pitches_deg.max() <= 30.0 + 1e-3
    for blade in range(3):
        along = blade_direction(yaw_deg, rotor_deg + 120.0 * blade)
        # The rotor turns clockwise for the observer: its leading edge goes to where the blade is 90 degrees later.
        ahead = blade_direction(yaw_deg, rotor_deg + 120.0 * blade + 90.0)
        turn = math.radians(pitch_deg)
        leading = math.cos(turn) * ahead + math.sin(turn) * front
        pressure = math.cos(turn) * front - math.sin(turn) * ahead
        for surface, normal in (
            ("leading edge", leading), ("trailing edge", -leading),
            ("pressure side", pressure), ("suction side", -pressure),
        ):  # fmt: skip
            prefix = f"blade {'ABC'[blade]} {surface} "
            rows = [row for row, asset in enumerate(photos.assets) if asset.startswith(prefix)]
            seen = [float(photos.assets[row].split()[-2]) for row in rows]
            assert max(seen) > BLADE_M - 9.0
            assert min(seen) < 0.4 * BLADE_M
            for row, along_m in zip(rows, seen, strict=True):
                to_blade = hub + along_m * along - at[row]
                away_m = float(np.linalg.norm(to_blade))
                assert away_m < 2.0 * STAND_OFF_M + 1.5 + 0.6
                assert float(looks[row] @ to_blade) > away_m - 0.1
                assert float(-looks[row] @ normal) > math.cos(math.radians(63.0))
    assert {asset.split()[0] for asset in photos.assets} == {"tower", "nacelle", "blade"}
    assert all(photos.assets)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"blade_m": 90.0}, "reaches the ground"),
        ({"hub_m": math.inf}, "a size is not"),
        ({"overhang_m": 1.0}, "touch the tower"),
        ({"yaw_deg": math.nan}, "an angle is no number"),
    ],
)
def test_a_turbine_that_cannot_be_is_refused(changed: dict[str, float], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Turbine(**{"hub_m": HUB_M, "blade_m": BLADE_M, "yaw_deg": 0.0} | changed)  # type: ignore[arg-type]


def test_blades_that_cannot_be_seen_from_the_stand_off_are_a_safety_refusal() -> None:
    # The blade that points down ends 3 m above the ground.
    what = Turbine(hub_m=48.0, blade_m=BLADE_M, yaw_deg=0.0, rotor_deg=60.0)
    with pytest.raises(SafetyRefused, match="cannot be seen"):
        turbine(FOOT, what, TurbineOptions(min_height_m=20.0))
