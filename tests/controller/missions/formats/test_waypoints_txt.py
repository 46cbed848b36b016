"""Reading and writing `QGC WPL` text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.missions.errors import PlanError
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
        ((HOME, TAKEOFF.replace("52", "nan")), 3, "latitude must be a finite number"),
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
        (("0 1 3 22 0 0 0 0 52 -1.5 15 1",), 2, "item 0 must be the home position"),
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
