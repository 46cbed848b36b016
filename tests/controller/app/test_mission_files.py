"""Conversion and check of plan files, without the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from controller.app.mission_files import (
    check_file,
    contents,
    convert_file,
    lines,
    only_list,
    show_report,
    show_summary,
    summary,
)
from controller.errors import UserError
from controller.missions.checks.check import check
from controller.missions.errors import PlanError
from controller.missions.files import open_plan, save_plan
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Home

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "tests" / "vectors" / "missions"


def test_a_conversion_writes_the_file_and_names_every_loss(tmp_path: Path) -> None:
    report = convert_file(SAMPLES / "meadow.plan", tmp_path / "meadow.txt")
    assert open_plan(tmp_path / "meadow.txt").wire_items(first_seq=1)
    line = summary(report)
    assert list(line) == ["event", "items", "losses", "findings", "distance_m", "duration_s"]
    assert (line["event"], line["items"], line["findings"]) == ("summary", 11, [])
    assert line["losses"][0] == {
        "item": 0,
        "what": "fence: inclusion polygon of 4 corners",
        "why": "a QGC WPL file holds a mission, a fence or rally points; save it as a file of its own",
        "instead": "",
    }
    assert "lost: cruise speed 14.5 m/s (QGC WPL has no field for it)" in list(lines(report))
    assert report.exit_code == 0
    json.dumps(line, allow_nan=False)


def test_a_strict_conversion_that_loses_anything_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"cannot convert without loss: fence: inclusion .* and \d+ more"):
        convert_file(SAMPLES / "meadow.plan", tmp_path / "meadow.txt", strict=True)
    assert list(tmp_path.iterdir()) == []
    assert convert_file(SAMPLES / "meadow.plan", tmp_path / "meadow.plan", strict=True).losses == ()


def test_what_reading_lost_is_told_by_the_check_and_by_show() -> None:
    lost = ConversionLoss(2, "zoom to 48 mm", "no camera control", "the photo at 24 mm")
    plan = replace(open_plan(ROOT / "examples" / "inspection.plan"), losses=(lost,))
    text = "item 2: lost: zoom to 48 mm (no camera control; instead: the photo at 24 mm)"
    assert [str(one) for one in check(plan)] == [text]
    assert show_summary(show_report(plan))["losses"] == [lost.as_json()]


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    copy = tmp_path / "a.plan"
    copy.write_bytes((SAMPLES / "meadow.plan").read_bytes())
    with pytest.raises(PlanError, match="the same file"):
        convert_file(copy, tmp_path / "." / "a.plan")


def test_an_unknown_target_format_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot choose a mission format"):
        convert_file(SAMPLES / "meadow.plan", tmp_path / "meadow.doc")
    assert list(tmp_path.iterdir()) == []


def test_a_good_plan_has_exit_code_0(tmp_path: Path) -> None:
    report = check_file(ROOT / "examples" / "inspection.plan")
    assert (report.findings, report.exit_code) == ((), 0)
    assert 120 <= summary(report)["duration_s"] <= 180
    assert next(lines(report)).startswith("14 items, 460 m, about 2 min ")


def test_a_plan_with_errors_has_exit_code_5() -> None:
    report = check_file(SAMPLES / "chimney.plan")
    assert report.exit_code == 5
    assert summary(report)["findings"][0]["severity"] == "error"
    assert any(line.startswith("error: item 2: a StructureScan") for line in lines(report))


def test_a_check_uses_the_given_home() -> None:
    report = check_file(SAMPLES / "meadow.plan", home=Home(-35.4, 149.2, 580.0))
    assert any("km from home" in finding.what for finding in report.findings)


def test_many_losses_for_one_reason_are_one_line(tmp_path: Path) -> None:
    rows = [f"# corner {n}\n{n} 0 3 16 0 0 0 0 52.{n} -1.5 20 1" for n in range(1, 8)]
    (tmp_path / "a.txt").write_text("\n".join(["QGC WPL 110", "0 1 0 16 0 0 0 0 52 -1.5 90 1", *rows]))
    text = [line for line in lines(convert_file(tmp_path / "a.txt", tmp_path / "a.plan")) if "lost" in line]
    assert text == [
        "lost: item 1: comment '# corner 1'; the same for items 2-7 (a QGroundControl plan has no comments)"
    ]


def test_one_list_of_a_plan_is_saved_alone(tmp_path: Path) -> None:
    plan = open_plan(SAMPLES / "meadow.plan")
    assert contents(plan) == "11 items, fence of 1 polygon and 1 circle, 2 rally points"
    for only, words in (
        ("mission", "11 items"),
        ("fence", "fence of 1 polygon and 1 circle"),
        ("rally", "2 rally points"),
    ):
        save_plan(only_list(plan, only), tmp_path / f"{only}.waypoints")
        back = open_plan(tmp_path / f"{only}.waypoints")
        assert contents(back) == words
    assert open_plan(tmp_path / "fence.waypoints").fence == plan.fence
    assert open_plan(tmp_path / "rally.waypoints").rally == plan.rally
    with pytest.raises(UserError, match="invalid value 'all'"):
        only_list(plan, "all")
