"""Tables of points as missions: English and German columns, and heights that say what they are above."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.errors import PlanError
from controller.missions.formats import registry


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("latitude,longitude,height_agl\n47.5,8.25,30\n47.6,8.25,31\n", 10),
        ("Name;Breite;Länge;Höhe über Start (m)\nA;47,5;8,25;30\nB;47,6;8,25;31\n", 3),
        ("id\tLon\tLat\tAltitude AMSL\n1\t8.25\t47.5\t30\n\n2\t8.25\t47.6\t31\n", 0),
        ("Höhe über NHN [m];Breitengrad;Längengrad\n30;47,5;8,25\n31;47,6;8,25\n", 0),
        ("WpNumber,Latitude,Longitude,AltitudeAGL,Speed\n1,47.5,8.25,30,5\n2,47.6,8.25,31,5\n", 10),
    ],
)
def test_points_are_waypoints_in_their_order(text: str, frame: int) -> None:
    plan = registry.read(text.encode(), "points.csv")
    assert [(one.lat_deg, one.lon_deg, one.alt_m, one.frame) for one in plan.items[1:-1]] == [
        (47.5, 8.25, 30.0, frame),
        (47.6, 8.25, 31.0, frame),
    ]


def test_feet_and_heights_above_the_ellipsoid_are_converted() -> None:
    feet = registry.read(b"lat,lon,height_home (ft)\n47.5,8.25,100\n", "a.csv")
    assert feet.items[1].alt_m == pytest.approx(30.48)
    ellipsoid = registry.read(b"lat,lon,height_ellipsoid\n46.874319,102.448729,0\n", "a.csv")
    assert ellipsoid.items[1].alt_m == pytest.approx(43.572, abs=0.1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lat,lon,altitude\n47,8,30\n", "what the heights of column 'altitude' are above"),
        ("time(ms),lat,lon,height_above_takeoff(feet)\n0,47,8,30\n", "this table is a recorded flight"),
        ("lat,lon,name\n47,8,A\n", "no column of heights; it has lat, lon, name"),
        ("ancho,largo,alto\n47,8,30\n", "no column latitude; it has ancho, largo, alto"),
        ("lat,lon,height_agl\n47,5,8,5,30\n", "5 cells under 3 columns"),
        ("lat;lon;height_agl\n47,5;8,5;1.030,5\n", "height_agl must be a number, not '1.030,5'"),
        ("lat,lon,height_agl\n47.5,,30\n", "lon must be a number, not an empty cell"),
        ("lat,lon,height_agl\n4750,8,30\n", "lat 4750 is not between -90 and 90"),
    ],
)
def test_a_table_that_does_not_say_enough_is_refused(text: str, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        registry.read(text.encode(), "bad.csv")
    assert named in str(caught.value)
    assert str(caught.value.where).startswith("bad.csv")


@settings(max_examples=25)
@given(st.binary(max_size=30), st.integers(0, 50))
def test_damaged_bytes_are_a_plan_or_one_line(noise: bytes, at: int) -> None:
    data = b"lat;lon;height_agl\n47,5;8,5;30\n47,5;8,6;30\n"
    try:
        registry.read(data[:at] + noise + data[at + 2 :], "bad")
    except PlanError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_in_the_text_that_a_spreadsheet_writes(encoding: str) -> None:
    rows = "".join(f"Süd {number};47,{number:04};8,5;30\n" for number in range(1500))
    plan = registry.read(f"Name;Breitengrad;Längengrad;Höhe über Grund\n{rows}".encode(encoding), "t.csv")
    assert len(plan.items) == 1502
    assert (plan.items[2].lat_deg, plan.items[2].alt_m) == (47.0001, 30.0)
