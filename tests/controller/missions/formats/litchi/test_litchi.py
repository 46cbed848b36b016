"""Litchi CSV: every column read, written back with equal items, and what has no place on either side."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.litchi.columns import COLUMNS
from controller.missions.formats.litchi.format import FORMAT
from controller.missions.plan import Home, Plan, PlanItem

OLD = "latitude,longitude,altitude(m),heading(deg),curvesize(m),rotationdir,gimbalmode,gimbalpitchangle"


def csv(*rows: dict[str, object], delimiter: str = ",") -> bytes:
    """A file of the present version; columns that a row leaves out have the values of an untouched waypoint."""
    lines = [delimiter.join(COLUMNS)]
    for index, row in enumerate(rows):
        plain: dict[str, object] = {
            "latitude": 47.3977 + index / 1000,
            "longitude": 8.5456,
            "altitude(m)": 30,
        }
        plain |= {name: -1 for name in COLUMNS if name.startswith(("actiontype", "photo_"))}
        lines.append(delimiter.join(str((plain | row).get(name, 0)) for name in COLUMNS))
    return "\r\n".join(lines).encode()


def read(*rows: dict[str, object]) -> Plan:
    return FORMAT.read(csv(*rows), "flight.csv")


def names(plan: Plan) -> list[str]:
    """Names of the items between the take-off and the return that reading adds."""
    assert [plan.items[0].name, plan.items[-1].name] == ["NAV_TAKEOFF", "NAV_RETURN_TO_LAUNCH"]
    return [item.name.removeprefix("NAV_") for item in plan.items[1:-1]]


def there_and_back(plan: Plan) -> Plan:
    return FORMAT.read(FORMAT.write(replace(plan, source=None)), "again.csv")


def test_a_waypoint_is_taken_with_position_and_height_above_the_take_off() -> None:
    plan = read({"latitude": 47.5, "longitude": 8.25, "altitude(m)": 42.5}, {})
    first = plan.items[1]
    assert (first.lat_deg, first.lon_deg, first.alt_m, first.frame) == (47.5, 8.25, 42.5, 3)
    assert (plan.items[0].alt_m, plan.items[0].has_position) == (42.5, False)
    assert "heights are above the take-off (altitudemode 0)" in map(str, plan.notes)
    assert plan.losses == ()


def test_heights_above_ground_stay_above_the_ground() -> None:
    plan = read({"altitudemode": 1}, {})
    assert [item.frame for item in plan.items[1:3]] == [int(FRAME.GLOBAL_TERRAIN_ALT), 3]
    assert [str(note) for note in plan.notes][:2] == [
        "heights are above the take-off (altitudemode 0)",
        "heights are above the ground (altitudemode 1)",
    ]


def test_each_action_is_an_item_in_its_order() -> None:
    kinds = ((0, 2500), (1, 0), (2, 0), (3, 0), (4, 90), (5, -45), (0, 1000), (1, 0))
    cells = {f"actiontype{n}": kind for n, (kind, _) in enumerate(kinds, start=1)}
    cells |= {f"actionparam{n}": value for n, (_, value) in enumerate(kinds, start=1)}
    plan = read(cells, {})
    assert names(plan) == [
        "WAYPOINT", "IMAGE_START_CAPTURE", "VIDEO_START_CAPTURE", "VIDEO_STOP_CAPTURE", "CONDITION_YAW",
        "DO_MOUNT_CONTROL", "DELAY", "IMAGE_START_CAPTURE", "WAYPOINT",
    ]  # fmt: skip
    assert plan.items[1].param1 == 2.5
    assert [plan.items[5].param1, plan.items[6].param1, plan.items[7].param1] == [90.0, -45.0, 1.0]
    assert there_and_back(plan) == plan


def test_a_point_of_interest_aims_until_a_row_has_another_or_none() -> None:
    tower = {"poi_latitude": 47.4, "poi_longitude": 8.6, "poi_altitude(m)": 12, "gimbalmode": 1}
    plan = read(tower, tower, tower | {"poi_latitude": 47.41, "poi_altitudemode": 1}, {})
    assert names(plan) == [
        "DO_SET_ROI_LOCATION", "WAYPOINT", "WAYPOINT", "DO_SET_ROI_LOCATION", "WAYPOINT", "DO_SET_ROI_NONE",
        "WAYPOINT",
    ]  # fmt: skip
    points = [item for item in plan.items if item.name == "DO_SET_ROI_LOCATION"]
    assert [(one.lat_deg, one.lon_deg, one.alt_m, one.frame) for one in points] == [
        (47.4, 8.6, 12.0, 3),
        (47.41, 8.6, 12.0, int(FRAME.GLOBAL_TERRAIN_ALT)),
    ]
    assert there_and_back(plan) == plan


def test_what_mavlink_does_not_have_is_lost_with_what_flies_instead() -> None:
    poi = {"poi_latitude": 47.4, "poi_longitude": 8.6}
    rows = ({"speed(m/s)": 5}, {"curvesize(m)": 12}, poi, {"gimbalmode": 2, "gimbalpitchangle": -30})
    plan = read(*rows)
    lost = {loss.what: loss for loss in plan.losses}
    assert (
        list(lost)
        == [
            "cruising speed of the mission from here",
            "curved turn of 12 m",
            "camera left alone while the nose follows the point of interest",
            "camera pitch that changes along the way",
        ]
        or len(lost) == 4
    )
    assert all(loss.instead for loss in plan.losses)
    curve = plan.items[lost["curved turn of 12 m"].item - 1]
    assert (curve.name, curve.param2, curve.lat_deg) == ("NAV_WAYPOINT", 12.0, 47.3987)
    assert plan.items[lost["camera pitch that changes along the way"].item - 1].param1 == -30.0
    assert there_and_back(plan) == plan


def test_headings_count_where_one_is_set_and_turn_as_the_file_says() -> None:
    assert names(read({}, {})) == ["WAYPOINT", "WAYPOINT"]
    plan = read({"heading(deg)": 90}, {"heading(deg)": 0, "rotationdir": 1})
    turns = [(item.param1, item.param3) for item in plan.items if item.command == CMD.CONDITION_YAW]
    assert turns == [(90.0, 1.0), (0.0, -1.0)]
    assert there_and_back(plan) == plan


def test_photos_by_distance_and_time_end_at_the_last_waypoint() -> None:
    plan = read({"photo_distinterval": 20}, {"photo_timeinterval": 3}, {"photo_timeinterval": 3})
    orders = [(item.name, item.params[:3]) for item in plan.items[1:-1] if item.name != "NAV_WAYPOINT"]
    assert orders == [
        ("DO_SET_CAM_TRIGG_DIST", (20.0, 0.0, 1.0)),
        ("IMAGE_START_CAPTURE", (0.0, 3.0, 0.0)),
        ("DO_SET_CAM_TRIGG_DIST", (0.0, 0.0, 0.0)),
        ("IMAGE_STOP_CAPTURE", (0.0, 0.0, 0.0)),
    ]
    assert there_and_back(plan) == plan


def test_old_files_without_the_later_columns_are_read() -> None:
    plan = FORMAT.read(f"{OLD}\n47.5,8.5,30,0,0,0,0,0\n47.6,8.5,31,0,0,0,0,0\n".encode(), "old.csv")
    assert [item.alt_m for item in plan.items[1:-1]] == [30.0, 31.0]


def test_feet_are_converted() -> None:
    head = OLD.replace("altitude(m)", "altitude(ft)").replace("curvesize(m)", "curvesize(ft)")
    plan = FORMAT.read(f"{head}\n47.5,8.5,100,0,0,0,0,0\n".encode(), "feet.csv")
    assert plan.items[1].alt_m == pytest.approx(30.48)
    assert any("feet" in note.what for note in plan.notes)


def test_semicolons_decimal_commas_and_another_order_read_the_same() -> None:
    plain = read({"speed(m/s)": 4.5}, {"altitude(m)": 30.25})
    lines = [
        line.split(",") for line in csv({"speed(m/s)": 4.5}, {"altitude(m)": 30.25}).decode().splitlines()
    ]
    turned = "\n".join(";".join(reversed(line)).replace(".", ",") for line in lines)
    assert FORMAT.read(turned.encode(), "turned.csv") == plain


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            OLD.replace("longitude", "Länge") + "\n47,8,30,0,0,0,0,0",
            "no column longitude; it has latitude, Länge",
        ),
        (OLD + "\n47,5,8,5,30,0,0,0,0,0", "10 cells under 8 columns"),
        (OLD + "\n47.5,8.5,,0,0,0,0,0", "altitude(m) must be a number, not an empty cell"),
        (OLD + "\n97.5,8.5,30,0,0,0,0,0", "latitude 97.5 is not between -90 and 90"),
        (OLD + "\n47.5,8.5,30,0,0,0,7,0", "gimbalmode 7 is not between -1 and 2"),
        (OLD + "\n", "no rows under its header"),
        (OLD + ",latitude\n47.5,8.5,30,0,0,0,0,0,1", "two columns are called 'latitude'"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, named: str) -> None:
    with pytest.raises(PlanError, match=r"^[^\n]+$") as caught:
        FORMAT.read(text.encode(), "bad.csv")
    assert named in str(caught.value)
    assert str(caught.value.where).startswith("bad.csv")


def test_an_unknown_action_is_lost_and_said() -> None:
    plan = read({"actiontype1": 9}, {})
    assert [loss.what for loss in plan.losses] == ["action 9 in column actiontype1"]


def test_a_plan_of_heights_above_sea_level_needs_the_altitude_of_home() -> None:
    item = PlanItem(command=int(CMD.NAV_WAYPOINT), frame=0, lat_deg=47.0, lon_deg=8.0, alt_m=530.0)
    with pytest.raises(PlanError, match="altitude of home is not known"):
        FORMAT.write(Plan(items=(item,)))
    plan = Plan(items=(item,), home=Home(47.0, 8.0, 500.0))
    assert FORMAT.read(FORMAT.write(plan), "again.csv").items[1].alt_m == 30.0


def test_what_a_row_cannot_hold_is_named_with_its_item() -> None:
    at = {"lat_deg": 47.0, "lon_deg": 8.0, "alt_m": 30.0}
    items = (
        PlanItem(command=int(CMD.NAV_TAKEOFF), alt_m=20.0),
        PlanItem(command=int(CMD.NAV_WAYPOINT), **at),
        PlanItem(command=int(CMD.DO_SET_RELAY), frame=2),
        PlanItem(command=int(CMD.NAV_LOITER_TURNS), param1=2.0, **at),
        PlanItem(command=int(CMD.NAV_LAND), **at),
    )
    lost = list(FORMAT.losses(Plan(items=items, cruise_speed_m_s=12.0)))
    assert [(loss.item, loss.what) for loss in lost] == [
        (1, "NAV_TAKEOFF"), (3, "DO_SET_RELAY"), (4, "NAV_LOITER_TURNS"), (5, "NAV_LAND"), (0, "cruise speed 12 m/s"),
    ]  # fmt: skip


cells = st.fixed_dictionaries(
    {
        "altitude(m)": st.integers(1, 120),
        "heading(deg)": st.sampled_from([0, 90, 271]),
        "rotationdir": st.integers(0, 1),
        "gimbalmode": st.integers(0, 2),
        "gimbalpitchangle": st.integers(-90, 30),
        "curvesize(m)": st.sampled_from([0, 5]),
        "altitudemode": st.integers(0, 1),
        "speed(m/s)": st.sampled_from([0, 3, 7.5]),
        "poi_latitude": st.sampled_from([0, 47.4]),
        "photo_timeinterval": st.sampled_from([-1, 2]),
        "photo_distinterval": st.sampled_from([-1, 15]),
        **{f"actiontype{n}": st.integers(-1, 5) for n in (1, 2, 3)},
        **{f"actionparam{n}": st.integers(0, 30) for n in (1, 2, 3)},
    }
)


@settings(max_examples=25)
@given(st.lists(cells, min_size=1, max_size=4))
def test_any_mission_reads_back_with_equal_items(rows: list[dict[str, object]]) -> None:
    plan = read(*rows)
    assert there_and_back(plan) == plan


@settings(max_examples=25)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_damaged_bytes_are_a_plan_or_one_line(noise: bytes, at: int) -> None:
    data = csv({"speed(m/s)": 5}, {})
    damaged = data[:at] + noise + data[at + 3 :]
    try:
        FORMAT.read(damaged, "bad.csv")
    except PlanError as error:
        assert "\n" not in str(error)


def test_the_added_take_off_and_return_are_no_loss_where_another_file_numbers_them() -> None:
    plan = read({}, {})
    numbered = tuple(replace(item, jump_id=number) for number, item in enumerate(plan.items, start=1))
    assert list(FORMAT.losses(replace(plan, items=numbered))) == []
    higher = (replace(plan.items[0], alt_m=50.0), *plan.items[1:])
    assert [loss.what for loss in FORMAT.losses(replace(plan, items=higher))] == [
        "NAV_TAKEOFF",
        "NAV_RETURN_TO_LAUNCH",
    ]
