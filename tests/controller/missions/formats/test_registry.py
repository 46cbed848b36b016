"""Checks that apply to every registered mission file format, including a new one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.missions.commands import AMSL_FRAMES
from controller.missions.errors import PlanError
from controller.missions.files import open_plan, save_plan
from controller.missions.formats import registry
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.plan import Home, Plan, PlanItem
from controller.wire.enums import MAV_CMD

HOME = Home(47.3977, 8.5456, 488.0)
SQUARE = Plan(
    items=tuple(
        PlanItem(command=int(MAV_CMD.NAV_WAYPOINT), lat_deg=47.398 + north, lon_deg=8.546 + east, alt_m=30.0)
        for north, east in ((0.0, 0.0), (0.001, 0.0), (0.001, 0.001), (0.0, 0.001))
    ),
    home=HOME,
)
each_format = pytest.mark.parametrize(
    "format_", [pytest.param(format_, id=format_.name) for format_ in registry.FORMATS]
)


def test_names_and_endings_are_unique() -> None:
    names = [format_.name for format_ in registry.FORMATS]
    endings = [ending for format_ in registry.FORMATS for ending in format_.endings]
    assert len(set(names)) == len(names)
    assert len(set(endings)) == len(endings)
    assert all(ending.startswith(".") and ending == ending.lower() for ending in endings)


@each_format
def test_a_file_name_selects_the_format(format_: MissionFormat) -> None:
    for ending in format_.endings:
        assert registry.format_for(f"mission{ending}") is format_
        assert registry.format_for(f"MISSION{ending.upper()}") is format_


@each_format
def test_only_its_own_format_recognizes_a_written_file(format_: MissionFormat) -> None:
    data = format_.write(SQUARE)
    assert [other.name for other in registry.FORMATS if other.sniff(data)] == [format_.name]


@each_format
def test_waypoints_read_back_with_position_and_height(format_: MissionFormat, tmp_path: Path) -> None:
    path = tmp_path / f"mission{format_.endings[0]}"
    save_plan(SQUARE, path)
    items = [item for item in open_plan(path).items if item.command == MAV_CMD.NAV_WAYPOINT]
    for item, original in zip(items, SQUARE.items, strict=True):
        assert item.lat_deg == pytest.approx(original.lat_deg, abs=1e-7)
        assert item.lon_deg == pytest.approx(original.lon_deg, abs=1e-7)
        above_sea_m = 0.0 if item.frame in AMSL_FRAMES else HOME.alt_amsl_m
        assert item.alt_m + above_sea_m == pytest.approx(original.alt_m + HOME.alt_amsl_m, abs=0.01)


_OLD_ITEM = (
    '{"autoContinue":true,"command":16,"coordinate":[47.3,8.5,10],"frame":3,"id":1,"type":"missionItem"}'
)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (
            b'{"MAV_AUTOPILOT":3,"complexItems":[],"items":[%b],"version":"1.0"}' % _OLD_ITEM.encode(),
            "old .mission format; open it in QGroundControl and save it as .plan",
        ),
        (
            b'{"firmwareType":3,"items":[],"plannedHomePosition":[37.8,-122.4,0],"version":2}',
            "old .mission format; open it in QGroundControl and save it as .plan",
        ),
        (
            b"FMT, 128, 89, FMT, BBnNZ, Type,Length,Name,Format,Columns\nPARM, 1, A, 1\n",
            "text of a DataFlash",
        ),
        (b"FMT,128,89,FMT,BBnNZ,Type,Length,Name\n", "the text of a DataFlash log"),
        (b"\xa3\x95\x80\x80\x59FMT\0BBnNZ", "this is a DataFlash log"),
        (b"ULog\x01\x12\x35\x01\0\0", "this is a ULog file"),
        ((1_779_000_000_000_000).to_bytes(8, "big") + b"\xfd\x09\0\0", "this is a telemetry log"),
    ],
)
def test_a_file_that_is_no_mission_is_named_with_what_to_do(data: bytes, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        registry.read(data, "square")
    assert named in str(caught.value).replace(" (your input)", "")


@each_format
def test_every_loss_names_an_item_or_the_plan(format_: MissionFormat) -> None:
    rich = replace(SQUARE, comment="# comment", cruise_speed_m_s=12.0)
    for loss in registry.losses(rich, format_):
        assert 0 <= loss.item <= len(rich.items)
        assert loss.what
        assert loss.why


@each_format
def test_a_truncated_file_is_a_plan_or_a_plan_error(format_: MissionFormat) -> None:
    data = format_.write(SQUARE)
    for length in range(1, len(data), 7):
        try:
            format_.read(data[:length], "mission")
        except PlanError as error:
            assert "\n" not in str(error)
            assert str(error.where).startswith("mission")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"\0\0\x27\x0a" + bytes(96), "this is a shapefile"),
        (b"PK\x03\x04" + bytes(26) + b"area.SHP", "this is a packed shapefile"),
        (b"PK\x03\x04" + bytes(60), "this is an archive without a mission"),
        (b"II*\0" + bytes(50), "this is a TIFF raster"),
        (b"\x89PNG\r\n", "this is a picture"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_takes_it(data: bytes, named: str) -> None:
    with pytest.raises(PlanError) as caught:
        registry.read(data, "other")
    assert named in str(caught.value)
    assert caught.value.hint
