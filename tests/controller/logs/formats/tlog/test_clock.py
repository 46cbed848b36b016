"""Times of a telemetry log whose computer's clock was set, or did not go as the aircraft's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from controller.logs.formats.base import LogUnreadable
from controller.logs.formats.chunked import in_chunks
from controller.logs.formats.read import open_log
from controller.logs.review.findings import review
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import SeriesView, joined
from controller.track_length import track_length_m
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.signing import Signer
from tests.support.cli import landline_here
from tests.support.data_folders import CASES

SECOND_US = 1_000_000
START_US = 1_780_000_000 * SECOND_US


@dataclass(frozen=True)
class Facts:
    """What a view says of a flight, seconds and metres."""

    armed_s: float
    metres: float
    rtl_s: float
    length_s: float


def facts(view: SeriesView) -> Facts:
    mode, position = view.channels["mode"], view.channels["position"]
    begin_us, end_us = view.channels["battery"].times_us[[0, -1]]
    names = mode["mode"].tolist()
    armed_us = mode.times_us[mode["armed"].tolist().index(True)]
    metres = track_length_m(position.times_us / 1e6, position["lat_deg"], position["lon_deg"])[-1]
    rtl_us = mode.times_us[names.index("RTL")]
    return Facts(
        (end_us - armed_us) / 1e6, float(metres), (rtl_us - begin_us) / 1e6, (end_us - begin_us) / 1e6
    )


def right(found: Facts) -> None:
    assert found.armed_s == pytest.approx(75, abs=1.1)
    assert found.metres == pytest.approx(88, abs=1)
    assert found.rtl_s == pytest.approx(60, abs=0.1)
    assert found.length_s == pytest.approx(79, abs=0.1)


STEPPED = [("control_nostep", ""), ("back10s", "-10.0 s"), ("from1970", "days")]


@pytest.mark.parametrize(("name", "step"), STEPPED)
def test_a_stepped_clock_is_told_and_the_flight_is_the_same(name: str, step: str) -> None:
    log = open_log(CASES / f"{name}.tlog")
    right(facts(log.series()))
    found = review(log)
    assert [one for one in found.findings if one.kind == "link loss"] == []
    assert len(log.problems) == bool(step)
    assert all(step in line and "clock jumped" in line for line in log.problems)


@pytest.mark.parametrize(("name", "step"), STEPPED)
@pytest.mark.parametrize("chunk_bytes", [700, 4000])
def test_a_log_read_in_chunks_has_the_same_times(name: str, step: str, chunk_bytes: int) -> None:
    path = CASES / f"{name}.tlog"
    parts = list(series_in_chunks(path, chunk_bytes=chunk_bytes))
    assert len(parts) > 2
    right(facts(joined([view for _, view in parts])))
    assert {line for log, _ in parts for line in log.problems} == set(open_log(path).problems)
    assert bool(step) == any(log.problems for log in in_chunks(path, chunk_bytes=chunk_bytes))


def frame(stamp: int, encoder: Encoder, message: object) -> bytes:
    return stamp.to_bytes(8, "big") + encoder.pack(message)  # type: ignore[arg-type]


def flight(stamps: list[int], *, rate: float = 1.0, boot_ms: int = 20_000) -> bytes:
    """A second of the aircraft's clock (divided by `rate` on the computer's) in each of the stamps."""
    aircraft, ground = Encoder(address(1, 1)), Encoder(GROUND_STATION)
    out = bytearray()
    for second, stamp in enumerate(stamps):
        beat = m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=4, system_status=4)
        out += frame(stamp, aircraft, beat)
        for part in range(4):
            at_us = stamp + round(part * 250_000 / rate)
            now_ms = boot_ms + second * 1000 + part * 250
            out += frame(at_us, aircraft, m.ATTITUDE(time_boot_ms=now_ms, roll=0.1))
            place = {"lat": 470_000_000 + 100 * (4 * second + part), "lon": 80_000_000}
            out += frame(at_us, aircraft, m.GLOBAL_POSITION_INT(time_boot_ms=now_ms, **place))
        out += frame(stamp + round(900_000 / rate), ground, m.HEARTBEAT(type=6, autopilot=8))
    return bytes(out)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "a.tlog"
    path.write_bytes(data)
    return path


def times_s(path: Path, name: str = "ATTITUDE") -> np.ndarray:
    rows = open_log(path).first(name)
    assert rows is not None
    found: np.ndarray = (rows.times_us - rows.times_us[0]) / 1e6
    return found


SECONDS = list(range(60))


@pytest.mark.parametrize("step_s", [-3600, -10, -2, 10, 3600, 400 * 86_400])
def test_steps_of_the_clock_leave_the_aircrafts_times(tmp_path: Path, step_s: int) -> None:
    stamps = [START_US + (s + (step_s if s >= 30 else 0)) * SECOND_US for s in SECONDS]
    path = written(tmp_path, flight(stamps))
    assert times_s(path) == pytest.approx(np.arange(240) * 0.25, abs=0.01)
    (line,) = open_log(path).problems
    assert f"{step_s:+,.1f} s at 30." in line or "+400 days at 30." in line


def test_a_log_with_a_good_clock_keeps_its_stamps(tmp_path: Path) -> None:
    path = written(tmp_path, flight([START_US + s * SECOND_US for s in SECONDS]))
    log = open_log(path)
    assert log.problems == ()
    assert int(log.tables["ATTITUDE"].times_us[5]) == START_US + 1_250_000  # type: ignore[attr-defined]


def test_a_pause_of_the_recording_is_no_step(tmp_path: Path) -> None:
    data = flight([START_US + s * SECOND_US for s in SECONDS[:30]])
    later = [START_US + (s + 600) * SECOND_US for s in SECONDS[30:]]
    path = written(tmp_path, data + flight(later, boot_ms=20_000 + 630_000))
    assert open_log(path).problems == ()
    assert times_s(path)[-1] == pytest.approx(659.75)


def test_a_restart_of_the_autopilot_is_no_step(tmp_path: Path) -> None:
    data = flight([START_US + s * SECOND_US for s in SECONDS[:30]], boot_ms=900_000)
    path = written(tmp_path, data + flight([START_US + s * SECOND_US for s in SECONDS[30:]], boot_ms=500))
    assert open_log(path).problems == ()
    assert times_s(path)[-1] == pytest.approx(59.75)


@pytest.mark.parametrize("rate", [0.5, 8.0])
def test_a_simulation_faster_than_the_clock_has_the_aircrafts_times(tmp_path: Path, rate: float) -> None:
    path = written(tmp_path, flight([START_US + round(s * SECOND_US / rate) for s in SECONDS], rate=rate))
    assert times_s(path)[-1] == pytest.approx(59.75, abs=0.1)
    assert open_log(path).problems == (
        f"the aircraft's clock ran {rate:.2g} times as fast as the computer's: times are the aircraft's",
    )
    log = open_log(path)
    at_us = log.time_of_stamp_us(START_US + round(30 * SECOND_US / rate))
    assert (at_us - START_US) / 1e6 == pytest.approx(30, abs=0.3)


def test_a_delay_of_the_link_is_no_step(tmp_path: Path) -> None:
    stamps = [START_US + s * SECOND_US + (4 * SECOND_US - s % 5 * SECOND_US) * (s // 5 == 4) for s in SECONDS]
    path = written(tmp_path, flight(stamps))
    assert open_log(path).problems == ()


def test_frames_with_a_damaged_stamp_stay_between_their_neighbours(tmp_path: Path) -> None:
    stamps = [START_US + s * SECOND_US for s in SECONDS]
    data = bytearray(flight(stamps))
    entry = len(data) // 60
    data[30 * entry : 30 * entry + 8] = (7 * START_US).to_bytes(8, "big")
    path = written(tmp_path, bytes(data))
    log = open_log(path)
    assert log.problems == ()
    beats = log.first("HEARTBEAT")
    assert beats is not None
    assert (np.diff(beats.times_us) > 0).all()
    assert times_s(path, "HEARTBEAT")[30] == pytest.approx(30, abs=0.3)


def test_without_the_aircrafts_clock_frames_stay_in_order(tmp_path: Path) -> None:
    aircraft = Encoder(address(1, 1))
    beat = m.HEARTBEAT(type=2, autopilot=3, base_mode=209)
    stamps = [START_US + (s - (600 if s >= 30 else 0)) * SECOND_US for s in SECONDS]
    path = written(tmp_path, b"".join(frame(stamp, aircraft, beat) for stamp in stamps))
    assert open_log(path).problems == (
        "the computer's clock jumped by -599.0 s at 29.0 s: the frames stay in the order of the file",
    )
    assert times_s(path, "HEARTBEAT")[-1] == pytest.approx(58)


@pytest.mark.parametrize(("unit", "divided"), [("milliseconds", 1000), ("nanoseconds", 0.001)])
def test_stamps_in_another_unit_are_read_and_told(tmp_path: Path, unit: str, divided: float) -> None:
    stamps = [round((START_US + s * SECOND_US) / divided) for s in SECONDS]
    aircraft = Encoder(address(1, 1))
    out = b""
    for second, stamp in enumerate(stamps):
        out += frame(stamp, aircraft, m.HEARTBEAT(type=2, autopilot=3, base_mode=209))
        out += frame(stamp, aircraft, m.ATTITUDE(time_boot_ms=second * 1000))
    log = open_log(written(tmp_path, b"junk!" + out))
    assert log.messages == 120
    assert log.problems == (f"the times in this log are {unit}, not microseconds; they are read as such",)
    assert times_s(tmp_path / "a.tlog")[-1] == pytest.approx(59)


def test_damage_in_a_log_from_1970_costs_only_what_is_damaged(tmp_path: Path) -> None:
    data = bytearray((CASES / "from1970.tlog").read_bytes())
    data[1000:1010] = b"\xff" * 10
    log = open_log(written(tmp_path, bytes(data)))
    assert log.messages >= 318


# Seconds from the first value to arming, and to the last value.
REAL = [
    ("ardupilot/quad_x_spline", 26.5, 415.4),
    ("ardupilot/rover", 41.2, 257.4),
    ("px4/quad_x_square", 34.6, 136.8),
    ("px4/rover", 33.7, 169.1),
]


@pytest.mark.parametrize(("name", "armed_s", "length_s"), REAL)
def test_recordings_made_faster_than_real_time(
    shared_data: Path, name: str, armed_s: float, length_s: float
) -> None:
    path = shared_data / "real/on_landline_physics" / name / "frames.tlog"
    log = open_log(path)
    view = log.series()
    begin_us = min(int(channel.times_us[0]) for channel in view.channels.values())
    mode = view.channels["mode"]
    armed_us = mode.times_us[mode["armed"].tolist().index(True)]
    assert (armed_us - begin_us) / 1e6 == pytest.approx(armed_s, abs=1)
    end_us = max(int(channel.times_us[-1]) for channel in view.channels.values())
    assert (end_us - begin_us) / 1e6 == pytest.approx(length_s, abs=1)
    attitude = log.first("ATTITUDE") or log.first("GLOBAL_POSITION_INT")
    assert attitude is not None
    boot_s = attitude["time_boot_ms"] / 1000
    assert np.ptp(attitude.times_us / 1e6 - boot_s) < 1.0
    assert "times are the aircraft's" in log.problems[0]


def test_the_command_line_tells_the_step(tmp_path: Path) -> None:
    for command in (
        ["decode"],
        ["review"],
        ["report", "--out", str(tmp_path / "a.html")],
        ["export", "--as", "kml", "--out", str(tmp_path / "a.kml")],
        ["export", "--as", "csv", "--out", str(tmp_path / "a")],
    ):
        verb, *options = command
        done = landline_here("logs", verb, CASES / "back10s.tlog", *options, home=tmp_path)
        assert done.code == 0, done.err
        page = (tmp_path / "a.html").read_text() if verb == "report" else ""
        assert "-10.0 s at 40.0 s" in done.out + done.err + page, command


def test_a_raw_stream_without_times_is_named_as_one(tmp_path: Path) -> None:
    stream = b"".join(Encoder(address(1, 1)).pack(m.ATTITUDE(time_boot_ms=n)) for n in range(30))
    path = tmp_path / "flight.tlog.raw"
    path.write_bytes(stream)
    with pytest.raises(LogUnreadable, match="no times: it is a raw stream"):
        open_log(path)
    with pytest.raises(LogUnreadable, match="no times: it is a raw stream"):
        list(in_chunks(path, chunk_bytes=500))


def test_logs_as_ground_stations_write_them_are_read(tmp_path: Path) -> None:
    """Flags in the lowest bits of a stamp, junk at the beginning, MAVLink 1 and 2 and signed frames, a cut end."""
    old, new = Encoder(address(1, 1), version=1), Encoder(address(1, 1))
    signed = Encoder(address(1, 1), signer=Signer(bytes(32), link_id=1, utc_us=lambda: START_US))
    out = b"QGC\0\0"
    for second in SECONDS:
        stamp = START_US + second * SECOND_US
        for flags, encoder in enumerate((old, new, signed)):
            out += frame(stamp & ~3 | flags, encoder, m.ATTITUDE(time_boot_ms=20_000 + second * 1000 + flags))
    path = tmp_path / "flight.mavlink"
    path.write_bytes(out[:-7])
    log = open_log(path)
    assert log.messages == 3 * 60 - 1
    assert log.problems == ()
    assert log.lost.places == 2
    assert log.lost.cut_off
