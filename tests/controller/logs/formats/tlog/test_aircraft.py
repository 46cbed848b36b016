"""Whose a telemetry log is: several aircraft, and heartbeats that are no aircraft's."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.logs.export.export import export
from controller.logs.formats.base import NoSuchAircraft
from controller.logs.formats.contents import LoggedAircraft
from controller.logs.formats.read import open_log
from controller.logs.review.findings import review
from controller.logs.series.read import series_in_chunks
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.message import Message
from tests.support.data_folders import CASES

START_US = 1_780_000_000_000_000


def test_the_aircraft_is_not_the_gimbal_that_speaks_first() -> None:
    log = open_log(CASES / "gimbal_first_generic.tlog")
    assert log.all_aircraft == [LoggedAircraft(1, 1, 1, 3)]
    assert log.fixed_wing
    view = log.series()
    mode = view.channels["mode"]
    assert mode["mode"].tolist() == ["GUIDED", "GUIDED", "RTL"]
    assert mode["armed"].tolist() == [False, True, True]
    assert (mode.times_us[-1] - mode.times_us[0]) / 1e6 == pytest.approx(60, abs=0.5)
    assert view.channels["position"].count == 80
    assert not review(log).never_armed
    assert log.notes == ()


@pytest.mark.parametrize(
    ("system", "lat_deg", "home_m", "mode"), [(1, 47.0, 30, "GUIDED"), (2, 47.01, 60, "LOITER")]
)
def test_each_of_two_aircraft_can_be_chosen(system: int, lat_deg: float, home_m: float, mode: str) -> None:
    log = open_log(CASES / "two_aircraft.tlog", system=system)
    view = log.series()
    position = view.channels["position"]
    assert position.count == 60
    assert position["lat_deg"].min() == pytest.approx(lat_deg, abs=1e-4)
    assert set(position["home_m"].tolist()) == {home_m}
    assert view.channels["mode"]["mode"][0] == mode
    rows = log.first("SYS_STATUS")
    assert rows is not None
    assert len(rows.times_us) == 60
    assert f"this is system {system}" in review(log).notes[0]


def test_two_aircraft_are_told_and_the_first_is_shown() -> None:
    log = open_log(CASES / "two_aircraft.tlog")
    assert [one.system for one in log.all_aircraft] == [1, 2]
    assert log.notes == (
        "2 aircraft in this log: system 1 (QUADROTOR, ARDUPILOTMEGA), system 2 (QUADROTOR, ARDUPILOTMEGA); "
        "this is system 1, --system chooses another",
    )
    assert log.series().channels["position"].count == 60


def test_an_aircraft_that_the_log_does_not_hold_is_refused() -> None:
    with pytest.raises(NoSuchAircraft, match="does not hold it") as error:
        open_log(CASES / "two_aircraft.tlog", system=7)
    assert error.value.hint == "aircraft in this log: 1, 2"
    with pytest.raises(NoSuchAircraft):
        open_log(CASES / "gps_only.bin", system=1)
    with pytest.raises(NoSuchAircraft):
        list(series_in_chunks(CASES / "two_aircraft.tlog", chunk_bytes=2000, system=7))


def test_chunks_of_a_log_are_all_of_the_chosen_aircraft() -> None:
    for system in (1, 2):
        parts = list(series_in_chunks(CASES / "two_aircraft.tlog", chunk_bytes=2000, system=system))
        assert len(parts) > 5
        assert {log.aircraft for log, _ in parts} == {(system, 1)}
        assert sum(view.channels["position"].count for _, view in parts) == 60


def test_an_export_of_a_chosen_aircraft_holds_no_other(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    done = export(
        CASES / "two_aircraft.tlog", "csv", target, tables=frozenset({"GLOBAL_POSITION_INT"}), system=2
    )
    assert done.rows == 60
    done = export(CASES / "two_aircraft.tlog", "geojson", tmp_path / "a.geojson", system=2)
    assert done.rows == 60
    assert "system 2" in done.notes[0]


def test_positions_of_the_gps_receiver_are_used_and_told() -> None:
    view = open_log(CASES / "raw_only.tlog").series()
    assert view.channels["position"].count == view.channels["altitude"].count == 60
    assert view.notes == ("no estimated position in this log: the positions are the GPS receiver's",)
    assert view.notes == review(open_log(CASES / "raw_only.tlog")).notes


def beats(*sent: tuple[int, int, int, int]) -> bytes:
    """One heartbeat of each sender: system, component, type, autopilot."""
    out = b""
    for second, (system, component, kind, autopilot) in enumerate(sent):
        message: Message = m.HEARTBEAT(type=kind, autopilot=autopilot)
        stamp = (START_US + second * 1_000_000).to_bytes(8, "big")
        out += stamp + Encoder(address(system, component)).pack(message)
    return out


COPTER = (1, 1, 2, 3)


@pytest.mark.parametrize(
    ("sent", "aircraft"),
    [
        ([(51, 68, 0, 0), COPTER], [1]),
        ([(51, 68, 49, 8), COPTER], [1]),
        ([(255, 190, 6, 8), COPTER], [1]),
        ([(255, 190, 6, 0), COPTER], [1]),
        ([(1, 154, 26, 3), COPTER], [1]),
        ([(1, 100, 30, 8), (1, 191, 18, 8), (1, 156, 27, 8), COPTER], [1]),
        ([(1, 191, 18, 0), (1, 158, 2, 8), COPTER], [1]),
        ([(9, 1, 5, 3), COPTER], [1]),
        ([(9, 1, 5, 3)], [9]),
        ([(7, 25, 2, 12)], [7]),
        ([(1, 154, 26, 0)], []),
        ([(3, 1, 13, 12), COPTER, (3, 1, 13, 12)], [3, 1]),
    ],
    ids=[
        "radio",
        "radio that says so",
        "ground station",
        "ground station with a generic autopilot",
        "gimbal with an autopilot",
        "camera, companion, transponder",
        "companion with a generic autopilot",
        "tracker beside an aircraft",
        "tracker alone",
        "autopilot at an unusual component",
        "gimbal alone",
        "two aircraft",
    ],
)
def test_aircraft_are_found_among_other_senders(
    tmp_path: Path, sent: list[tuple[int, int, int, int]], aircraft: list[int]
) -> None:
    path = tmp_path / "a.tlog"
    path.write_bytes(beats(*sent))
    assert [one.system for one in open_log(path).all_aircraft] == aircraft


def test_commands_to_another_aircraft_are_not_this_ones(tmp_path: Path) -> None:
    first, second, ground = Encoder(address(1, 1)), Encoder(address(2, 1)), Encoder(GROUND_STATION)
    out = b""
    for second_s in range(40):
        mode = 4 if second_s < 20 else 9
        for encoder, message in (
            (first, m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=mode)),
            (second, m.HEARTBEAT(type=2, autopilot=3, base_mode=209, custom_mode=4)),
            (ground, m.HEARTBEAT(type=6, autopilot=8)),
        ):
            out += (START_US + second_s * 1_000_000).to_bytes(8, "big") + encoder.pack(message)
        if second_s == 19:
            command = m.SET_MODE(target_system=2, base_mode=1, custom_mode=9)
            out += (START_US + 19_500_000).to_bytes(8, "big") + ground.pack(command)
    path = tmp_path / "a.tlog"
    path.write_bytes(out)
    found = review(open_log(path, system=1)).findings
    assert [one.kind for one in found] == ["mode change"]
