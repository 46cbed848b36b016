"""The geoid at the points that its makers published."""

from __future__ import annotations

import numpy as np
import pytest

from controller.terrain.geoid import egm96_m

# README of NIMA's WW15MGH.GRD: output of INTPT.F (OUTINTPT.DAT) for INPUT.DAT. Latitude, longitude, height.
PUBLISHED = (
    (38.6281550, 269.7791550, -31.628),
    (-14.6212170, 305.0211140, -2.969),
    (46.8743190, 102.4487290, -43.575),
    (-23.6174460, 133.8747120, 15.871),
    (38.6254730, 359.9995000, 50.066),
    (-0.4667440, 0.0023000, 17.329),
)


@pytest.mark.parametrize(("lat_deg", "lon_deg", "height_m"), PUBLISHED)
def test_the_geoid_has_its_published_heights(lat_deg: float, lon_deg: float, height_m: float) -> None:
    here = egm96_m(np.array([lat_deg, lat_deg]), np.array([lon_deg, lon_deg - 360.0]))
    assert here == pytest.approx([height_m] * 2, abs=0.1)


def test_the_geoid_is_whole_at_the_poles_and_over_both_meridians() -> None:
    poles = egm96_m(np.array([90.0, 90.0, -90.0]), np.array([0.0, 123.4, 77.0]))
    assert poles == pytest.approx([13.61, 13.61, -29.53], abs=0.01)
    seams = egm96_m(np.full(4, 10.0), np.array([-1e-9, 1e-9, 179.9999999, -179.9999999]))
    assert seams[0] == pytest.approx(seams[1], abs=1e-4)
    assert seams[2] == pytest.approx(seams[3], abs=1e-4)


def test_no_place_on_the_earth_has_no_geoid() -> None:
    assert np.isnan(egm96_m(np.array([91.0, 0.0]), np.array([0.0, np.nan]))).all()
