"""Reading and writing `QGC WPL` text."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.missions.errors import PlanError
from controller.missions.fence import RallyPoint
from controller.missions.formats import waypoints_txt
from controller.missions.plan import Home, Plan, PlanItem

HOME = "0\t1\t0\t16\t0\t0\t0\t0\t52\t-1.5\t90\t1"
TAKEOFF = "1\t0\t3\t22\t0\t0\t0\t0\t52\t-1.5\t15\t1"


def read(*lines: str) -> Plan:
    return waypoints_txt.read("\n".join(["QGC WPL 110", *lines, ""]), "a.txt")


def hedge(samples: Path) -> str:
    return (samples / "hedge.txt").read_bytes().decode()


def test_tabs_spaces_comments_and_windows_line_ends_are_read(samples: Path) -> None:
    plan = waypoints_txt.read(hedge(samples), "hedge.txt")
    assert plan.home == Home(52.1234567, -1.5, 92.5, comment="# the launch pad behind the barn")
    assert [(item.command, item.frame) for item in plan.items] == [
        (22, 3),
        (16, 3),
        (82, 10),
        (177, 3),
        (21, 0),
    ]
    assert plan.items[1] == PlanItem(
        command=16,
        param1=2.5,
        lat_deg=52.1244,
        lon_deg=-1.5001,
        alt_m=20.0,
        jump_id=2,
        comment="# along the hedge",
    )
    assert plan.comment == "# end"
    assert plan.items[2].origin == "8"


def test_an_unchanged_file_is_written_back_byte_for_byte(samples: Path) -> None:
    text = hedge(samples)
    assert waypoints_txt.write(waypoints_txt.read(text, "hedge.txt")) == text


def test_a_plan_without_source_reads_back_equal(samples: Path) -> None:
    plan = replace(waypoints_txt.read(hedge(samples), "hedge.txt"), source=None)
    assert waypoints_txt.read(waypoints_txt.write(plan), "b.txt") == plan


def test_numbers_are_written_exactly_and_without_exponents() -> None:
    item = PlanItem(
        command=16,
        param1=1e-7,
        param2=-2.5e10,
        lat_deg=47.397705960554916,
        lon_deg=1e-6,
        alt_m=30.0,
        jump_id=1,
    )
    text = waypoints_txt.write(Plan(items=(item,)))
    assert "1\t0\t3\t16\t0.0000001\t-25000000000\t0\t0\t47.397705960554916\t0.000001\t30\t1" in text
    assert waypoints_txt.read(text, "b.txt").items == (item,)


def test_a_null_is_written_as_nan_and_read_back() -> None:
    items = (
        PlanItem(command=22, param4=math.nan, lat_deg=math.nan, lon_deg=math.nan, alt_m=10.0, jump_id=1),
        PlanItem(command=16, param4=math.nan, lat_deg=47.4, lon_deg=8.5, alt_m=20.0, jump_id=2),
        PlanItem(command=16, param4=0.0, lat_deg=47.4, lon_deg=8.6, alt_m=20.0, jump_id=3),
        PlanItem(command=211, frame=2, param3=math.nan, lat_deg=math.nan, alt_m=math.nan, jump_id=4),
    )
    text = waypoints_txt.write(Plan(items=items))
    assert [line.split("\t")[7] for line in text.splitlines()[2:]] == ["nan", "nan", "0", "0"]
    assert waypoints_txt.read(text, "b.txt").items == items


def test_pymavlink_reads_a_written_file_alike(tmp_path: Path) -> None:
    loader = pytest.importorskip("pymavlink.mavwp").MAVWPLoader()
    item = PlanItem(command=16, param2=2.5, param4=math.nan, lat_deg=47.4, lon_deg=8.5, alt_m=20.0)
    path = tmp_path / "a.waypoints"
    path.write_text(waypoints_txt.write(Plan(items=(item,), home=Home(47.4, 8.5, 488.0))))
    assert loader.load(str(path)) == 2
    read_item = loader.wp(1)
    assert (read_item.param2, read_item.x, math.isnan(read_item.param4)) == (2.5, 47.4, True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("0 1 3 16 0 5 0 0 52 -1.5 20 1", "waypoint parameters"),
        ("0 1 0 16 0 0 0 nan 52 -1.5 20 1", "waypoint parameters"),
        ("0 1 3 16 0 0 0 0 52 -1.5 20 1", "frame 3"),
        ("0 1 3 22 0 0 0 0 52 -1.5 15 1", "NAV_TAKEOFF"),
    ],
)
def test_a_row_0_that_is_no_home_is_the_first_item_and_named(row: str, why: str) -> None:
    plan = read(row, "1 0 3 16 0 0 0 0 52.1 -1.5 20 1", "2 0 3 177 0 2 0 0 0 0 0 1")
    (note,) = plan.notes
    assert "row 0 is taken as the first item" in note.what
    assert why in note.what
    assert "--home-row" in note.why
    assert (plan.home, len(plan.items), plan.jump_target(plan.items[2])) == (None, 3, 1)
    text = waypoints_txt.write(replace(plan, source=None))
    back = waypoints_txt.read(text, "b.txt")
    assert back.notes == ()
    assert str(back.wire_items(first_seq=1)) == str(plan.wire_items(first_seq=1))
    assert text.splitlines()[1] == "0\t1\t0\t16\t0\t0\t0\t0\t0\t0\t0\t1"
    assert text.splitlines()[4].split("\t")[4] == "1"


def test_the_user_says_which_row_is_home() -> None:
    text = f"QGC WPL 110\n{HOME}\n{TAKEOFF}\n"
    without = waypoints_txt.read(text, "a.txt", home_row=False)
    assert (without.home, len(without.items), without.notes) == (None, 2, ())
    written = waypoints_txt.write(without)
    assert written.splitlines()[1] == "0\t1\t0\t16\t0\t0\t0\t0\t0\t0\t0\t1"
    assert len(waypoints_txt.read(written, "b.txt").items) == 2
    frame_3 = waypoints_txt.read(text.replace("0\t1\t0\t16", "0\t1\t3\t16"), "a.txt", home_row=True)
    assert (frame_3.home, len(frame_3.items)) == (Home(52.0, -1.5, 90.0), 1)
    with pytest.raises(PlanError, match="must be the home position"):
        read_takeoff_as_home = "QGC WPL 110\n" + TAKEOFF.replace("1\t", "0\t", 1)
        waypoints_txt.read(read_takeoff_as_home, "a.txt", home_row=True)


def test_the_home_row_of_old_mission_planners_is_command_0() -> None:
    assert read("0 1 0 0 0 0 0 0 52 -1.5 90 1", TAKEOFF).home == Home(52.0, -1.5, 90.0)


def test_a_fence_file_is_a_fence_with_or_without_a_home_row() -> None:
    rows = [f"{{}} 0 3 5001 3 0 0 0 {52 + north} -1.5 100 1" for north in (0, 0.1, 0.2)]
    rows += ["{} 0 3 5002 3 0 0 0 51 -1.5 0 1"] * 3
    rows += ["{} 0 3 5003 40.5 0 0 0 52 -1.5 0 1", "{} 0 0 5004 30 0 0 0 52 -1.5 0 1"]
    rows += ["{} 0 3 5000 0 0 0 0 52 -1.5 20 1"]
    with_home = read(HOME, *(row.format(number) for number, row in enumerate(rows, 1)))
    without = read(*(row.format(number) for number, row in enumerate(rows)))
    assert with_home.fence == without.fence
    assert (with_home.items, with_home.notes, without.notes) == ((), (), ())
    assert [polygon.inclusion for polygon in without.fence.polygons] == [True, False]
    assert [(circle.inclusion, circle.radius_m) for circle in without.fence.circles] == [
        (True, 40.5),
        (False, 30.0),
    ]
    assert without.fence.breach_return == RallyPoint(52.0, -1.5, 20.0)
    assert read_again(with_home) == with_home


def test_a_fence_file_may_repeat_its_home_row() -> None:
    circle = "0 3 5003 40 0 0 0 52 -1.5 0 1"
    plan = read(HOME, "1 0 0 16 0 0 0 0 52 -1.5 92.5 1", f"2 {circle}")
    assert plan.fence == read(HOME, f"1 {circle}").fence
    assert (plan.items, plan.home, plan.notes) == ((), Home(52.0, -1.5, 90.0), ())
    with pytest.raises(PlanError, match="is a fence item"):
        read(HOME, "1 0 0 16 0 0 0 0 52.1 -1.5 92.5 1", f"2 {circle}")


def test_a_rally_file_is_rally_points_with_their_altitude_reference() -> None:
    plan = read(HOME, "1 0 3 5100 0 0 0 0 52 -1.5 25.5 1", "2 0 0 5100 0 0 0 0 52 -1.6 110 1")
    assert plan.rally == (RallyPoint(52.0, -1.5, 25.5), RallyPoint(52.0, -1.6, 110.0, frame=0))
    assert (plan.items, plan.home) == ((), Home(52.0, -1.5, 90.0))
    assert read_again(plan) == plan


def read_again(plan: Plan) -> Plan:
    return waypoints_txt.read(waypoints_txt.write(replace(plan, source=None)), "b.txt")


CORNER = "0 3 5001 3 0 0 0 52 -1.5 100 1"


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ((HOME, TAKEOFF, f"2 {CORNER}"), 4, "NAV_FENCE_POLYGON_VERTEX_INCLUSION is a fence item"),
        ((f"0 {CORNER}", TAKEOFF), 3, "NAV_TAKEOFF is a mission item, and the rows above are fence items"),
        ((HOME, "1 0 3 5003 9 0 0 0 52 -1.5 0 1", "2 0 3 5100 0 0 0 0 52 -1.5 9 1"), 4, "is a rally point"),
        ((HOME, f"1 {CORNER}", f"2 {CORNER}"), 3, "polygon of 3 corners has only 2"),
        ((HOME, f"1 {CORNER}", "2 0 3 5003 9 0 0 0 52 -1.5 0 1"), 3, "polygon of 3 corners has only 1"),
        (
            (HOME, f"1 {CORNER}", f"2 {CORNER.replace('5001 3', '5001 4')}"),
            4,
            "each with their number, not 4",
        ),
        ((HOME, "1 0 3 5001 2 0 0 0 52 -1.5 100 1"), 3, "needs 3 corners"),
        ((HOME, "1 0 3 5004 0 0 0 0 52 -1.5 100 1"), 3, "needs a radius, not 0 m"),
        (("0 0 0 5005 50 0 0 0 0 0 0 0",), 2, "does not know the fence item NAV_FENCE_HOME_CIRCLE"),
    ],
)
def test_an_invalid_or_mixed_fence_is_refused_with_its_line(
    lines: tuple[str, ...], line: int, what: str
) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        read(*lines)
    assert caught.value.where == f"a.txt:{line}"


def test_a_home_of_zeros_is_an_unknown_home() -> None:
    assert read("0 1 0 16 0 0 0 0 0 0 0 1", TAKEOFF).home is None


def test_version_120_has_no_home_line() -> None:
    plan = waypoints_txt.read("QGC WPL 120\n0\t1\t3\t22\t0\t0\t0\t0\t52\t-1.5\t15\t1\n", "a.txt")
    assert (plan.home, [item.command for item in plan.items]) == (None, [22])


def test_a_file_that_begins_with_item_1_has_no_home() -> None:
    assert (read(TAKEOFF).home, len(read(TAKEOFF).items)) == (None, 1)


def test_position_0_0_is_kept() -> None:
    item = read(HOME, "1 0 3 16 0 0 0 0 0 0 0 1").items[0]
    assert (item.lat_deg, item.lon_deg, item.alt_m, item.has_position) == (0.0, 0.0, 0.0, False)


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ((HOME, "1\t0\t3\t22\t0\t0\t0\t0\t52\t-1.5\t15"), 3, "11 fields instead of 12"),
        ((HOME, TAKEOFF[:20]), 3, "is truncated"),
        ((HOME, TAKEOFF.replace("1\t0", "5\t0", 1)), 3, "number 5 instead of 1"),
        ((TAKEOFF.replace("1\t0", "7\t0", 1),), 2, "the first has number 7"),
        ((HOME, TAKEOFF.replace("52", "200")), 3, "latitude 200 is not between -90 and 90"),
        ((HOME, TAKEOFF.replace("-1.5", "181")), 3, "longitude 181"),
        ((HOME, TAKEOFF.replace("52", "nan")), 3, "needs a latitude"),
        ((HOME, TAKEOFF.replace("15", "nan")), 3, "needs an altitude"),
        ((HOME, TAKEOFF.replace("15", "inf")), 3, "altitude must be a finite number"),
        ((HOME, TAKEOFF.replace("15", "1e999")), 3, "altitude must be a finite number"),
        ((HOME, TAKEOFF.replace("15", "1e9")), 3, "is outside of"),
        ((HOME, TAKEOFF.replace("52", "5_2")), 3, "latitude must be a number"),
        ((HOME, TAKEOFF.replace("52", "٥٢")), 3, "latitude must be a number"),
        ((HOME, TAKEOFF.replace("22", "9999")), 3, "command 9999"),
        ((HOME, TAKEOFF.replace("\t3\t", "\t99\t")), 3, "frame 99"),
        ((HOME, TAKEOFF.replace("1\t0\t3", "1\t2\t3")), 3, "current must be 0 or 1"),
        ((HOME, TAKEOFF.replace("1\t0\t3", "1.5\t0\t3")), 3, "index must be an integer"),
        ((HOME, "", "# note", "rubbish"), 5, "fields instead of 12"),
    ],
)  # fmt: skip
def test_an_invalid_line_is_refused_with_its_number(lines: tuple[str, ...], line: int, what: str) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        read(*lines)
    assert caught.value.where == f"a.txt:{line}"


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("QGC WPL 110\n", "a.txt", "no items"),
        ("QGC WPL 99\n", "a.txt:1", "version 99"),
        ("\n\nQGC WP\n", "a.txt:3", "first line must be"),
        ("QGC PLAN 110\n", "a.txt:1", "first line must be"),
    ],
)
def test_an_invalid_header_is_refused(text: str, where: str, what: str) -> None:
    with pytest.raises(PlanError, match=what) as caught:
        waypoints_txt.read(text, "a.txt")
    assert caught.value.where == where
