"""The report: right numbers, no external resource, useful with an incomplete record."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from controller.logs.formats.base import LogUnreadable
from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from controller.logs.report.data import read_flight
from controller.logs.report.findings import health_series, overlays
from controller.logs.report.overlay import FindingSpan, LimitLine, ModeSpan, label_rows
from controller.logs.report.plot import Overlay, clock, plot, thinned, ticks, time_ticks
from controller.logs.report.report import write_report
from controller.logs.report.series import PlotLine, flight_series
from controller.logs.report.track_map import track_map
from controller.logs.review.findings import review_of
from controller.logs.review.flight import ReviewedFlight
from controller.logs.verification.fingerprint import fingerprint_of
from controller.logs.verification.flight import verify_flight
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from tests.support.logs import reviewed_logs as logs
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

START_US = 1_779_000_000_000_000
START_UTC = "2026-05-17T06:40:{:02d}.000000Z"
LAT, LON = 47.3977, 8.5456
PLAN = {
    "fileType": "Plan",
    "version": 1,
    "geoFence": {"circles": [], "polygons": [], "version": 2},
    "rallyPoints": {"points": [], "version": 2},
    "groundStation": "test",
    "mission": {
        "cruiseSpeed": 15,
        "firmwareType": 3,
        "hoverSpeed": 5,
        "vehicleType": 2,
        "version": 2,
        "plannedHomePosition": [LAT, LON, 488],
        "items": [
            {
                "type": "SimpleItem",
                "command": 22,
                "frame": 3,
                "autoContinue": True,
                "doJumpId": 1,
                "params": [0, 0, 0, None, LAT, LON, 10],
            },
            {
                "type": "SimpleItem",
                "command": 16,
                "frame": 3,
                "autoContinue": True,
                "doJumpId": 2,
                "params": [0, 0, 0, None, LAT + 0.0009, LON, 10],
            },
        ],
    },
}


def flight(folder: Path, *, lose: int = 0, vehicle_type: int = 2) -> Path:
    """Twenty seconds north at 5 m/s, ten metres up; `lose` frames of each second are lost."""
    folder.mkdir()
    aircraft, ground = Encoder(address(1, 1)), Encoder(GROUND_STATION)
    data = bytearray()

    def write(second: float, frame: bytes) -> None:
        data.extend((START_US + round(second * 1e6)).to_bytes(8, "big") + frame)

    for second in range(21):
        write(
            second,
            aircraft.pack(m.HEARTBEAT(type=vehicle_type, autopilot=3, base_mode=209 if second > 1 else 81)),
        )
        write(second, ground.pack(m.HEARTBEAT(type=6, autopilot=8)))
        north_m = 5.0 * second
        lat = LAT + math.degrees(north_m / 6371008.8)
        write(
            second,
            aircraft.pack(
                m.GLOBAL_POSITION_INT(
                    lat=round(lat * 1e7), lon=round(LON * 1e7), relative_alt=10_000, vx=500, vz=-30, hdg=0
                )
            ),
        )
        write(second, aircraft.pack(m.ATTITUDE(roll=math.radians(5), pitch=math.radians(-10))))
        write(second, aircraft.pack(m.SYS_STATUS(voltage_battery=16000 - second * 10, battery_remaining=99)))
        fix = {"fix_type": 3, "eph": 121} if second > 1 else {"fix_type": 1, "eph": 9999}
        write(second, aircraft.pack(m.GPS_RAW_INT(satellites_visible=14, **fix)))
        write(second, aircraft.pack(m.VFR_HUD(airspeed=17.0 + second / 10, groundspeed=5.0)))
        for _ in range(lose):
            aircraft.pack(m.HEARTBEAT())
    (folder / "frames.tlog").write_bytes(data)
    events = [
        {"utc": START_UTC.format(0), "t_s": 0.0, "kind": "start", "seed": 5, "plan": "field.plan"},
        {"utc": START_UTC.format(2), "t_s": 2.0, "kind": "mode", "mode": "AUTO", "by_mission": True},
        {"utc": START_UTC.format(10), "t_s": 10.0, "kind": "mission", "item": 1, "of": 2, "reached": True},
        {"utc": START_UTC.format(12), "t_s": 12.0, "kind": "warning", "text": "<b>gust</b> & rain"},
        {"utc": START_UTC.format(20), "t_s": 20.0, "kind": "end", "outcome": "completed", "why": "landed"},
    ]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (folder / "mission.plan").write_text(json.dumps(PLAN))
    return folder


def test_the_numbers_are_those_of_the_record(tmp_path: Path) -> None:
    data = read_flight(flight(tmp_path / "f"))
    assert data.length_s == pytest.approx(20.0)
    assert data.armed == [(2.0, 20.0)]
    assert data.track is not None
    # The two seconds before arming are not flown.
    assert float(data.track.flown_m[-1]) == pytest.approx(90.0, abs=0.1)
    speed, climb = data.series["Speed"]
    assert (speed.values.mean(), climb.values.mean()) == (pytest.approx(5.0), pytest.approx(0.3))
    satellites, hdop = data.series["Satellites"]
    assert (len(satellites.values), np.nanmax(hdop.values)) == (21, 1.21)
    roll, pitch = data.series["Attitude"]
    assert (roll.values[0], pitch.values[0]) == (pytest.approx(5.0), pytest.approx(-10.0))
    assert data.series["Voltage"][0].values[-1] == pytest.approx(15.8)


def test_items_carry_when_and_where_they_were_reached(tmp_path: Path) -> None:
    first, second = read_flight(flight(tmp_path / "f")).items
    assert (first.at_s, first.flown_m) == (pytest.approx(10.0), pytest.approx(40.0, abs=0.1))
    assert first.nearest_m == pytest.approx(0.0, abs=0.1)
    assert (second.at_s, second.flown_m) == (None, None)
    assert second.nearest_m == pytest.approx(0.08, abs=0.1)


@pytest.mark.parametrize(("vehicle_type", "shown"), [(2, False), (1, True), (21, True)])
def test_airspeed_is_shown_for_fixed_wings_only(tmp_path: Path, vehicle_type: int, shown: bool) -> None:
    speeds = read_flight(flight(tmp_path / "one", vehicle_type=vehicle_type)).series["Speed"]
    through = [line for line in speeds if line.name == "airspeed"]
    assert bool(through) is shown
    assert all(line.values[-1] == pytest.approx(19.0) for line in through)


def test_lost_frames_are_counted_by_the_sequence(tmp_path: Path) -> None:
    loss = read_flight(flight(tmp_path / "f", lose=1)).series["Link"][0]
    assert loss.values[1:-1].mean() == pytest.approx(100 / 7, abs=0.5)
    assert read_flight(flight(tmp_path / "g")).series["Link"][0].values.max() == 0


def test_the_page_has_no_external_resource_and_escapes_its_texts(tmp_path: Path) -> None:
    page = write_report(flight(tmp_path / "f")).read_text(encoding="utf-8")
    assert not re.search(r"https?://|src=|href=|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "<b>gust</b>" not in page
    assert "&lt;b&gt;gust&lt;/b&gt; &amp; rain" in page
    for shown in ("completed", "landed", "AUTO", "NAV_WAYPOINT", "simulated with seed", "field.plan"):
        assert shown in page


@pytest.mark.parametrize(
    ("outcome", "kind"), [("completed", "good"), ("aborted", "bad"), ("watched", "plain")]
)
def test_the_outcome_is_marked_good_or_bad_but_not_that_of_a_session_that_watched(
    tmp_path: Path, outcome: str, kind: str
) -> None:
    folder = flight(tmp_path / "f")
    events = (folder / "events.jsonl").read_text().replace("completed", outcome)
    (folder / "events.jsonl").write_text(events)
    assert f'class="outcome {kind}"' in write_report(folder).read_text(encoding="utf-8")


def test_a_flight_that_was_cut_off_in_the_air_says_so_in_its_head(tmp_path: Path) -> None:
    folder = flight(tmp_path / "f")
    events = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    (folder / "events.jsonl").write_text("".join(events[:-1]))  # killed: no end
    head = write_report(folder).read_text(encoding="utf-8").partition("</header>")[0]
    assert "left in the air: 10.0 m above home, armed, mode STABILIZE, at 0:20 min" in head


def test_the_head_says_what_the_interruption_commanded(tmp_path: Path) -> None:
    folder = flight(tmp_path / "f")
    events = (folder / "events.jsonl").read_text()
    told = '"outcome": "aborted", "interrupted": "interrupted: no command was sent to it"'
    (folder / "events.jsonl").write_text(events.replace('"outcome": "completed"', told))
    head = write_report(folder).read_text(encoding="utf-8").partition("</header>")[0]
    assert "no command was sent to it" in head


def test_a_log_alone_makes_a_report_too(tmp_path: Path) -> None:
    folder = flight(tmp_path / "f")
    (folder / "events.jsonl").unlink()
    (folder / "mission.plan").unlink()
    page = write_report(folder).read_text(encoding="utf-8")
    assert "no end recorded" in page
    assert "<b>Altitude</b>" in page


def test_a_record_without_frames_has_no_report(tmp_path: Path) -> None:
    (tmp_path / "frames.tlog").touch()
    with pytest.raises(LogUnreadable, match="no message of any log format"):
        write_report(tmp_path)


def test_a_flight_without_positions_has_no_map_and_empty_plots_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    frame = Encoder(address(1, 1)).pack(m.HEARTBEAT(type=2, autopilot=3))
    (tmp_path / "f" / "frames.tlog").write_bytes(START_US.to_bytes(8, "big") + frame)
    data = read_flight(tmp_path / "f")
    assert track_map(data) == ""
    assert (
        "figure"
        not in write_report(tmp_path / "f")
        .read_text(encoding="utf-8")
        .split("<script>")[0]
        .split("</style>")[1]
    )


@pytest.mark.parametrize("which", ["bin", "ulg"])
def test_an_onboard_log_makes_a_report_too(tmp_path: Path, which: str) -> None:
    log = tmp_path / f"a.{which}"
    log.write_bytes(dataflash_sample() if which == "bin" else ulog_sample())
    page = write_report(log, tmp_path / "a.html").read_text(encoding="utf-8")
    assert f"on-board log ({'DataFlash' if which == 'bin' else 'ULog'})" in page
    assert "no end recorded" not in page
    for shown in ("<b>Altitude</b>", "<b>Attitude</b>", "<b>Voltage</b>", f"a.{which}, SHA-256", "armed"):
        assert shown in page


def test_motor_balance_compass_and_power_are_plotted_with_the_finding_shaded() -> None:
    tables = logs.copter()
    tables["RCOU"]["C2"] = logs.column(1600)
    recorded_flight_name = ReviewedFlight(logs.dataflash(tables))
    series = flight_series(recorded_flight_name, 1_000_000) | health_series(
        review_of(recorded_flight_name), 1_000_000
    )
    assert {"Motors", "Magnetic field", "Board power", "Current"} <= set(series)
    assert [(line.name, round(float(line.values.mean()))) for line in series["Motors"]] == [
        ("motor 1", 1500),
        ("motor 2", 1600),
        ("motor 3", 1490),
        ("motor 4", 1500),
    ]
    assert len(series["Motors"][0].values) == 30
    assert [
        span.number for span in overlays(review_of(recorded_flight_name), [], 1_000_000)["Motors"].spans
    ] == [1]


def test_the_planned_track_is_drawn_over_the_flown_one_if_there_is_a_plan(
    tmp_path: Path,
) -> None:
    folder = flight(tmp_path / "f")
    chart = track_map(read_flight(folder))
    assert chart.index('<polyline class="flown"') < chart.index('<polyline class="planned"')
    assert "planned</span>" in chart
    (folder / "mission.plan").unlink()
    assert "planned" not in track_map(read_flight(folder))


def test_the_planned_track_follows_an_arc(tmp_path: Path) -> None:
    folder = flight(tmp_path / "f")
    assert len(read_flight(folder).planned) == 2
    text = (folder / "mission.plan").read_text()
    (folder / "mission.plan").write_text(
        text.replace('"command": 16', '"command": 36').replace("[0, 0", "[180, 0")
    )
    planned = read_flight(folder).planned
    assert len(planned) > 20
    assert min(lon for _, lon in planned) < LON - 0.0006  # 50 m west of the straight line
    assert planned[-1] == (LAT + 0.0009, LON)


def test_the_mission_that_a_log_itself_holds_is_drawn(shared_data: Path) -> None:
    data = read_flight(shared_data / "logs" / "px4_survey.ulg")
    # The land item of the return has the number of a speed item, and is no place of the mission.
    assert sorted(data.places) == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    assert data.reached == set(data.places)


def test_the_report_of_a_signed_record_shows_its_key_and_fingerprint(tmp_path: Path) -> None:
    folder, keys = flight(tmp_path / "f"), tmp_path / "keys"
    chain = ChainWriter(folder, flight="f", key=load_key(keys), keys_folder=keys, utc_us=START_US)
    for name in ("frames.tlog", "events.jsonl"):
        chain.add_bytes(name, (folder / name).read_bytes())
    chain.add_file("mission.plan", (folder / "mission.plan").read_bytes())
    chain.close(START_US)
    page = write_report(folder).read_text(encoding="utf-8")
    assert str(verify_flight(folder).signed_by) in page
    assert fingerprint_of(folder) in page
    with (folder / "events.jsonl").open("r+b") as file:
        file.write(b"X")
    assert "the record does not verify" in write_report(folder).read_text(encoding="utf-8")


def test_thinning_keeps_every_peak() -> None:
    times = np.arange(50_000.0)
    values = np.zeros(50_000)
    values[31_234], values[777] = 9.0, -4.0
    _, kept = thinned(times, values)
    assert len(kept) <= 700
    assert (kept.max(), kept.min()) == (9.0, -4.0)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 35, [0, 10, 20, 30]), (-3, 12, [0, 5, 10]), (15.2, 16.4, [15.5, 16.0]), (0, 0, [0])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high, 4) == pytest.approx(expected)


def test_a_plot_stays_within_its_frame_whatever_the_values() -> None:
    series = PlotLine("x", "m", np.array([0.0, 1.0, 2.0]), np.array([-1e6, np.nan, 1e6]))
    drawn = plot("Wild", [series], 2.0, Overlay(modes=[ModeSpan(0.0, 2.0, "<mode>")]))
    points = re.search(r'<polyline class="line0" points="([^"]+)"', drawn)
    assert points
    for point in points[1].split():
        x, y = map(float, point.split(","))
        assert 52 <= x <= 848
        assert 26 <= y <= 162
    assert "&lt;mode&gt;" in drawn
    assert clock(125.2) == "2:05"


def test_names_of_modes_never_lie_on_each_other() -> None:
    begins = [0.0, 100.0, 104.0, 108.0, 112.0, 116.0, 120.0, 500.0]
    modes = [
        ModeSpan(begin, end, f"MODE{number}")
        for number, (begin, end) in enumerate(zip(begins, [*begins[1:], 503.0], strict=True))
    ]
    rows = label_rows(modes, lambda time_s: time_s, 503.0)
    assert rows == [-1, 0, 1, 2, 3, None, -1, 0]


def test_a_finding_is_shaded_on_its_plot_and_a_near_limit_is_drawn() -> None:
    series = PlotLine("x", "V", np.array([0.0, 10.0]), np.array([20.0, 25.0]))
    over = Overlay(
        spans=[FindingSpan(3, 4.0, 6.0, "bad", "<too much>"), FindingSpan(4, 4.0, 4.0, "look", "at once")],
        limits=[LimitLine(30.0, "somebody"), LimitLine(80.0, "else")],
    )
    drawn = plot("Volts", [series], 10.0, over)
    shaded = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    assert [(float(x), float(width)) for x, width in shaded] == [
        (pytest.approx(52 + 796 * 0.4, abs=0.1), pytest.approx(796 * 0.2, abs=0.1)),
        (pytest.approx(52 + 796 * 0.4, abs=0.1), 2.0),
    ]
    assert "&lt;too much&gt;" in drawn
    assert re.findall(r"limit [\d.]+ ?[↑↓]?(?=<)", drawn) == ["limit 30", "limit 80 ↑"]
    numbers = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    assert abs(numbers[0] - numbers[1]) >= 16


@pytest.mark.parametrize(
    ("span_s", "expected"),
    [(21, [0, 5, 10, 15, 20]), (150, [0, 15, 30]), (208, [0, 30, 60]), (5400, [0, 600])],
)
def test_times_are_at_round_minutes(span_s: float, expected: list[float]) -> None:
    found = time_ticks(span_s)
    assert found[: len(expected)] == expected
    assert len(found) <= 11


def test_findings_are_listed_and_pinned_with_the_same_number(tmp_path: Path) -> None:
    folder = flight(tmp_path / "f")
    data = bytearray((folder / "frames.tlog").read_bytes())
    text = Encoder(address(1, 1)).pack(m.STATUSTEXT(severity=1, text="GCS Failsafe"))
    data[len(data) // 2 :] = b""
    folder.joinpath("frames.tlog").write_bytes(
        bytes(data) + (START_US + 10_000_000).to_bytes(8, "big") + text
    )
    page = write_report(folder).read_text(encoding="utf-8")
    listed = re.search(r'<li class="finding look"><span class="badge">(\d)</span>critical message', page)
    chart = page.split('class="map"')[1].split("</figure>")[0]
    pinned = re.search(r"GCS Failsafe.*?>(\d)</text>", chart)
    assert listed is not None
    assert pinned is not None
    assert listed[1] == pinned[1]


def test_real_flights_make_reports(shared_data: Path, tmp_path: Path) -> None:
    for number, name in enumerate(("arducopter/square", "px4/square", "arduplane/ap1")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "frames.tlog").write_bytes((shared_data / "reference" / f"{name}.tlog").read_bytes())
        data = read_flight(folder)
        assert data.track is not None
        assert data.armed
        assert data.series["Link"][0].values.mean() < 1.0
        assert write_report(folder).stat().st_size < 450_000
