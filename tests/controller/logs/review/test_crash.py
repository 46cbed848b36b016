"""The judge of crashes: what no good landing has is a crash, and no landing is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller.logs.review.crash import crashes
from controller.logs.review.trace import ArmedSpan, FlightTrace, Report, report_of
from tests.support.logs.flight_traces import BEGIN_S, flown

UP, LEVEL, DOWN, REST = (10.0, 2.0, 0.0), (20.0, 0.0, 5.0), (40.0, -0.5, 0.0), (3.0, 0.0, 0.0)
LANDING = (UP, LEVEL, DOWN, REST)
FALL = (2.0, -10.0, 1.0)


def text_of(trace: FlightTrace) -> str:
    found = crashes(trace)
    assert len(found) <= 1
    return found[0].text if found else ""


GOOD = {
    "a landing": flown(*LANDING),
    "a landing without wanted attitude": flown(*LANDING, wanted=False),
    "a hard landing": flown(UP, LEVEL, (7.0, -2.5, 0.0), (1.25, -2.0, 0.0), REST),
    "a log that ends in flight": flown(UP, LEVEL, ended=False),
    "a log that ends in a fast descent": flown((20.0, 5.0, 0.0), LEVEL, (5.0, -6.0, 3.0), ended=False),
    "a landing on a roof": flown(UP, LEVEL, (10.0, -0.5, 0.0), REST),
    "carried home upside down": flown(*LANDING, roll_deg={74.5: 170.0}),
    "caught by hand": flown(UP, LEVEL, (36.0, -0.5, 0.0), (2.0, 0.0, 0.0), (0.1, 0.0, 0.0), tail_s=3.0),
    "a fast descent braked before a landing": flown(
        (20.0, 2.5, 0.0), (9.0, -5.0, 0.0), (0.5, -3.0, 0.0), (0.5, -1.0, 0.0), (6.0, -0.5, 0.0), REST
    ),
    "a fast descent stopped to hover": flown(
        (20.0, 4.0, 0.0), (4.0, -6.0, 0.0), (10.0, 0.0, 0.0), (30.0, 0.0, 8.0), (112.0, -0.5, 0.0), REST
    ),
    "a flip": flown(UP, LEVEL, DOWN, REST, roll_deg={15.0: 90.0, 15.4: 180.0, 15.8: -90.0, 16.2: 0.0}),
    "a belly landing": flown(
        (10.0, 3.0, 15.0), (30.0, 0.0, 18.0), (9.0, -3.0, 15.0), (3.0, -1.0, 13.0), (0.6, 0.0, 9.0),
        (0.6, 0.0, 5.0), (0.6, 0.0, 2.0), REST, kind="plane",
    ),
    "a steep turn in which the record ends": flown(
        (10.0, 3.0, 15.0), (30.0, 0.0, 18.0), kind="plane", roll_deg={30.0: 65.0}, ended=False
    ),
    "a drive": flown((60.0, 0.0, 2.0), (0.1, 0.0, 0.0), REST, kind="ground"),
    "a drive that hits nothing hard": flown((60.0, 0.0, 9.0), REST, kind="ground"),
    "a bench test": flown((30.0, 0.0, 0.0), roll_deg={5.0: 20.0, 8.0: 45.0, 10.0: 80.0}),
    "a lean against a storm": flown(
        UP, (20.0, 0.0, 0.0), DOWN, REST, wanted=False, roll_deg={15.0: 50.0, 25.0: 0.0}
    ),
    "a fast flight off the wanted attitude": flown(
        UP, (20.0, 0.0, 15.0), DOWN, REST, roll_deg={15.0: 50.0, 20.0: 0.0}
    ),
    "a recovery": flown(
        (20.0, 3.0, 0.0), (2.0, -8.0, 0.0), (1.0, -4.0, 0.0), (40.0, 0.0, 5.0), (80.0, -0.5, 0.0), REST,
        roll_deg={20.0: 80.0, 21.6: 0.0},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("again", [False, True])
def test_no_good_flight_is_a_crash(name: str, again: bool) -> None:
    trace = GOOD[name]
    if again:  # at a lower rate, and without velocities
        step = slice(None, None, 2)
        trace = replace(
            trace,
            height_s=trace.height_s[step],
            height_m=trace.height_m[step],
            velocity_s=trace.velocity_s[step],
            vel_ned=trace.vel_ned[step],
        )
    assert text_of(trace) == ""


CRASHED = {
    "a copter against a wall": (
        flown(UP, (20.0, 0.0, 0.0), roll_deg={20.0: 50.0}, ended=False),
        "tilted (roll 50°, pitch 0°); tilted for 10 s without moving",
    ),
    "a fall that ends at once": (flown(UP, LEVEL, FALL, (60.0, 0.0, 0.0)), "impact at 10.0 m/s"),
    "a fall upside down": (
        flown(UP, LEVEL, FALL, (60.0, 0.0, 0.0), roll_deg={30.0: 178.0}),
        "impact at 10.0 m/s; upside down (roll 178°, pitch 0°); out of control for 1.8 s before",
    ),
    "a record that ends in the fall": (
        flown(UP, LEVEL, (1.5, -10.0, 1.0), ended=False, roll_deg={30.2: 100.0}),
        "the record ends while it falls at 10.0 m/s, 5 m high; tilted (roll 100°, pitch 0°); "
        "out of control for 1.2 s before",
    ),
    "tipped over on landing": (flown(*LANDING, roll_deg={71.5: 91.0}), "on its side (roll 91°, pitch 0°)"),
    "tipped over on take-off": (
        flown((0.5, 1.0, 0.0), (3.0, 0.0, 0.0), roll_deg={0.6: 40.0, 0.9: 95.0}),
        "on its side (roll 95°, pitch 0°)",
    ),
    "lies there with turning motors": (
        flown(UP, LEVEL, (60.0, 0.0, 0.0), ended=False, roll_deg={31.0: 150.0}),
        "upside down (roll 150°, pitch 0°)",
    ),
    "motors stopped in the air": (
        replace(
            flown(UP, LEVEL, (2.0, -8.0, 0.0), (6.0, 0.0, 0.0), tail_s=0.0),
            armed=(ArmedSpan(BEGIN_S, BEGIN_S + 30.0, ended=True),),
        ),
        "impact at 8.0 m/s; disarmed 19 m high",
    ),
    "a wall": (flown(UP, (20.0, 0.0, 12.0), (4.0, 0.0, 0.0)), "impact at 12.0 m/s"),
    "a nose dive": (
        flown((20.0, 3.0, 15.0), (4.0, -14.0, 12.0), (8.0, 0.0, 0.0), kind="plane"),
        "impact at 14.0 m/s",
    ),
    "a rover on its back": (
        flown((20.0, 0.0, 2.0), (5.0, 0.0, 0.0), kind="ground", roll_deg={19.0: 175.0}),
        "upside down (roll 175°, pitch 0°)",
    ),
}


@pytest.mark.parametrize("name", CRASHED)
def test_what_no_landing_has_is_a_crash(name: str) -> None:
    trace, text = CRASHED[name]
    assert text_of(trace) == text


@pytest.mark.parametrize(
    "said",
    [
        "Crash: Disarming: AngErr=93>30, Accel=0.2<3.0",
        "Crash: Disarming",
        "Crash: Going to HOLD",
        "Crash Detected",
        "Crash detected. No action taken",
        "Parachute: Released",
        "Critical failure detected: lockdown\t",
        "Critical failure detected: terminate flight",
        "SIM Hit ground at 14.900000 m/s",
    ],
)
def test_the_autopilots_own_word_is_enough(said: str) -> None:
    report = report_of(70.0, said, "STATUSTEXT")
    assert report is not None
    found = text_of(flown(*LANDING, reports=(report,)))
    assert found == ("impact at 14.9 m/s" if "SIM" in said else f"the autopilot: {said.strip()}")


@pytest.mark.parametrize(
    "said",
    [
        "SIM Hit ground at 0.501770 m/s",
        "Hard landing detected",
        "Attitude failure detected",
        "Potential Thrust Loss (2)",
        "Kill switch engaged",
        "Landing detected",
        "Crash dump data detected",
        "PreArm: Internal errors 0x100000 l:0 CrashDump data",
        "Parachute: Enabled",
    ],
)
def test_what_a_good_flight_may_hear_is_no_crash(said: str) -> None:
    report = report_of(70.0, said, "STATUSTEXT")
    assert text_of(flown(*LANDING, reports=() if report is None else (report,))) == ""


def test_a_report_long_after_or_before_the_flight_is_not_of_the_flight() -> None:
    for at_s in (-5.0, 120.0):
        assert text_of(flown(*LANDING, tail_s=60.0, reports=(Report(at_s, "Crash", "MSG"),))) == ""


def test_an_estimate_that_runs_away_after_the_impact_does_not_hide_it() -> None:
    trace = flown(UP, LEVEL, FALL, (5.0, 0.0, 0.0), roll_deg={30.0: 178.0})
    wreck = trace.velocity_s > BEGIN_S + 32.0
    down = np.where(wreck, 12.0, trace.vel_ned[:, 2])
    trace = replace(
        trace,
        vel_ned=np.stack([trace.vel_ned[:, 0], trace.vel_ned[:, 1], down], 1),
        height_m=500.0 - np.cumsum(down) / 10.0,
    )
    assert text_of(trace).startswith("impact at 10.0 m/s; upside down (roll 178°, pitch 0°)")


def test_each_of_two_flights_is_judged_by_itself() -> None:
    first, second = flown(*LANDING), flown(UP, LEVEL, FALL, (10.0, 0.0, 0.0))
    later_s = 200.0
    both = replace(
        first,
        armed=(*first.armed, ArmedSpan(BEGIN_S + later_s, second.armed[0].end_s + later_s, ended=True)),
        height_s=np.concatenate([first.height_s, second.height_s + later_s]),
        height_m=np.concatenate([first.height_m, second.height_m]),
        velocity_s=np.concatenate([first.velocity_s, second.velocity_s + later_s]),
        vel_ned=np.concatenate([first.vel_ned, second.vel_ned]),
        attitude=replace(
            first.attitude,
            times_s=np.concatenate([first.attitude.times_s, second.attitude.times_s + later_s]),
            roll_rad=np.concatenate([first.attitude.roll_rad, second.attitude.roll_rad]),
            pitch_rad=np.concatenate([first.attitude.pitch_rad, second.attitude.pitch_rad]),
        ),
        wanted=None,
    )
    assert [crash.at_s > BEGIN_S + later_s for crash in crashes(both)] == [True]


def test_motors_stopped_in_the_air_are_a_crash_without_a_record_of_the_fall() -> None:
    falling = flown(UP, LEVEL, (1.0, -4.5, 0.0), tail_s=0.0)
    assert text_of(falling) == "disarmed 15 m high"
    landed = flown(UP, LEVEL, (1.0, -1.0, 0.0), tail_s=0.0)  # on a hill
    assert text_of(landed) == ""


def test_speeds_that_no_fall_has_are_of_the_estimate_of_a_wreck() -> None:
    trace = flown(UP, LEVEL, (60.0, 0.0, 0.0), ended=False, roll_deg={31.0: 150.0})
    runs_away = np.where(trace.velocity_s > BEGIN_S + 35.0, 320.0, trace.vel_ned[:, 2])
    trace = replace(trace, vel_ned=np.stack([trace.vel_ned[:, 0], trace.vel_ned[:, 1], runs_away], 1))
    assert text_of(trace) == "upside down (roll 150°, pitch 0°)"


def test_a_wreck_without_gyroscope_whose_estimate_falls_for_ever_is_a_crash() -> None:
    trace = flown(UP, LEVEL, (60.0, 0.0, 0.0), ended=False)
    since = np.maximum(trace.velocity_s - BEGIN_S - 30.0, 0.0)
    down = np.minimum(since * 9.8, 320.0)
    trace = replace(
        trace,
        vel_ned=np.stack([trace.vel_ned[:, 0], trace.vel_ned[:, 1], down], 1),
        height_m=trace.height_m - np.cumsum(down) / 10.0,
    )
    assert text_of(trace) == "the estimate falls on below the ground"


def test_what_the_ground_station_records_after_the_last_message_does_not_count() -> None:
    trace = flown(UP, LEVEL, (4.0, -10.0, 0.0), ended=False, roll_deg={30.2: 100.0}, rate_hz=4.0)
    assert trace.armed[0].end_s - trace.end_s < 1.0
    assert text_of(trace) != ""
