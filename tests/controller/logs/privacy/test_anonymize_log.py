"""Anonymized logs: no place or identity is left, the rest is unchanged, and an incomplete copy is never kept."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.errors import UserError, VerificationFailed
from controller.geo import line_length_m
from controller.logs.formats.read import open_log
from controller.logs.formats.tlog import anonymize as tlog
from controller.logs.formats.tlog.anonymize import removed
from controller.logs.formats.tlog.format import TlogFormat
from controller.logs.formats.ulog.reader import read_ulog
from controller.logs.privacy import anonymize_rules as rules
from controller.logs.privacy.anonymize_log import anonymize_log
from controller.logs.privacy.anonymize_rules import LEVELS, TARGET_DEG, Level, Mover, kind_of, masked
from controller.logs.series.read import read_series
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, address
from controller.wire.codec import Encoder
from controller.wire.message import Message
from controller.wire.signing import Signer
from tests.support.box.records import merged_gap_flight
from tests.support.logs.logged_flights import LAT, LON, START_US, flight_frames
from tests.support.logs.onboard_logs import DataFlashWriter, UlogWriter
from tests.support.logs.sample_logs import dataflash_sample, ulog_sample

UID2 = bytes(range(100, 118))
TELLING: list[Message] = [
    m.AUTOPILOT_VERSION(uid=0x1122334455667788, uid2=UID2, flight_sw_version=0x04060000),
    m.STATUSTEXT(severity=6, text=f"Home is {LAT:.6f} {LON:.6f}"),
    m.STATUSTEXT(severity=6, text="CubeOrange 003A0028 30305117"),
    m.PARAM_VALUE(param_id="SIM_OPOS_LAT", param_value=LAT),
    m.PARAM_VALUE(param_id="COMPASS_DEV_ID", param_value=97539.0),
    m.PARAM_VALUE(param_id="WPNAV_SPEED", param_value=500.0),
    m.MISSION_ITEM_INT(frame=3, command=16, x=round(LAT * 1e7), y=round(LON * 1e7), z=20.0),
    m.MISSION_ITEM_INT(frame=2, command=178, param2=5.0),
    m.COMMAND_LONG(command=179, param5=LAT, param6=LON, param7=488.0),
    m.COMMAND_LONG(command=511, param1=33.0, param2=100000.0),
    m.HOME_POSITION(latitude=round(LAT * 1e7), longitude=round(LON * 1e7), altitude=488000, x=1.0),
    m.FILE_TRANSFER_PROTOCOL(payload=b"anything at all"),
    m.OPEN_DRONE_ID_BASIC_ID(uas_id=b"SERIAL0123456789"),
    m.ADSB_VEHICLE(ICAO_address=0xABCDEF, lat=round(LAT * 1e7), callsign="HBABC"),
    m.ATTITUDE(roll=0.25, pitch=-0.125),
]


def telemetry(path: Path, *, more: bytes = b"") -> Path:
    aircraft, ground = Encoder(address(1, 1)), Encoder(GROUND_STATION)
    signed = Encoder(address(1, 1), signer=Signer(bytes(32), link_id=1, utc_us=lambda: START_US))
    data = flight_frames()
    for message in TELLING:
        for encoder in (aircraft, ground, signed):
            data += (START_US + 30_000_000).to_bytes(8, "big") + encoder.pack(message)
    path.write_bytes(data + more)
    return path


def onboard(path: Path, which: str) -> Path:
    path.write_bytes(dataflash_sample() if which == "dataflash" else ulog_sample())
    return path


def kept(path: Path, name: str, field: str) -> list[Any]:
    return list(open_log(path).tables[name][field])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("which", ["telemetry", "dataflash", "ulog"])
def test_positions_are_moved_or_removed_by_level_and_the_rest_is_kept(
    tmp_path: Path, which: str, level: Level
) -> None:
    source = telemetry(tmp_path / "a") if which == "telemetry" else onboard(tmp_path / "a", which)
    done = anonymize_log(source, tmp_path / "out" / "b", level)
    assert (done.path, done.level) == (tmp_path / "out" / "b", level)
    before, after = read_series(source).channels, read_series(done.path).channels
    if level == "shift":
        place = after["position"]
        assert np.abs(place["lat_deg"] - TARGET_DEG[0]).max() < 0.01
        assert np.abs(place["lon_deg"] - TARGET_DEG[1]).max() < 0.01
        ways = [
            line_length_m(one["position"]["lat_deg"], one["position"]["lon_deg"]) for one in (before, after)
        ]
        assert ways[1] == pytest.approx(ways[0], rel=1e-3, abs=0.1)
        assert after["altitude"]["msl_m"].tolist() == before["altitude"]["msl_m"].tolist()
    else:
        assert "position" not in after or not np.any(after["position"]["lat_deg"])
        assert not np.nan_to_num(after["altitude"]["msl_m"]).any()
    for channel, column in (("attitude", "roll_rad"), ("battery", "voltage_v"), ("speed", "ground_m_s")):
        assert after[channel][column].tolist() == before[channel][column].tolist()
    if which != "ulog":
        assert after["altitude"]["home_m"].tolist() == before["altitude"]["home_m"].tolist()


def test_a_telemetry_log_loses_the_fields_of_each_level_only(tmp_path: Path) -> None:
    source = telemetry(tmp_path / "a")
    identity, position = tmp_path / "identity", tmp_path / "position"
    anonymize_log(source, position, "position")
    anonymize_log(source, identity, "identity")
    names = [value.rstrip(b"\0").decode() for value in kept(identity, "PARAM_VALUE", "param_id")][:9:3]
    assert names == ["SIM_OPOS_LAT", "COMPASS_DEV_ID", "WPNAV_SPEED"]
    assert kept(position, "PARAM_VALUE", "param_value")[:9:3] == [0.0, 97539.0, 500.0]
    assert kept(identity, "PARAM_VALUE", "param_value")[:9:3] == [0.0, 0.0, 500.0]
    texts = [value.rstrip(b"\0") for value in kept(identity, "STATUSTEXT", "text")]
    assert b"Home is ######### ########" in texts
    assert b"CubeOrange ######## ########" in texts
    assert any(b"003A0028" in value for value in kept(position, "STATUSTEXT", "text"))
    assert kept(identity, "COMMAND_LONG", "param2")[3:] == [100000.0] * 3
    assert kept(identity, "COMMAND_LONG", "param5") == [0.0] * 6
    assert kept(identity, "ATTITUDE", "roll")[-3:] == [0.25] * 3
    assert kept(identity, "HOME_POSITION", "x") == [1.0] * 3
    assert kept(identity, "AUTOPILOT_VERSION", "flight_sw_version") == [0x04060000] * 3
    assert kept(identity, "AUTOPILOT_VERSION", "uid") == [0] * 3
    assert kept(position, "AUTOPILOT_VERSION", "uid") == [0x1122334455667788] * 3
    left = set(open_log(identity).counts)
    assert not left & {"FILE_TRANSFER_PROTOCOL", "ADSB_VEHICLE", "OPEN_DRONE_ID_BASIC_ID"}
    assert "OPEN_DRONE_ID_BASIC_ID" in open_log(position).counts
    assert UID2 not in identity.read_bytes()


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("CELLULAR_STATUS", ()),
        ("CELLULAR_CONFIG", ()),
        ("FIGURE_EIGHT_EXECUTION_STATUS", ()),
        ("EVENT", ("shift",)),
        ("MISSION_CURRENT", ("shift", "position", "identity")),
    ],
)
def test_newer_messages_with_a_place_are_removed(name: str, levels: tuple[str, ...]) -> None:
    assert tuple(level for level in LEVELS if not removed(name, level)) == levels


@pytest.mark.parametrize("level", LEVELS)
def test_a_field_called_name_keeps_its_text(tmp_path: Path, level: Level) -> None:
    named = [m.NAMED_VALUE_FLOAT(name="CamTilt", value=0.5), m.DEBUG_VECT(name="tuning", x=1.0)]
    aircraft = Encoder(address(1, 1))
    more = b"".join((START_US + 30_000_000).to_bytes(8, "big") + aircraft.pack(one) for one in named)
    copy = tmp_path / "copy.tlog"
    anonymize_log(telemetry(tmp_path / "flight.tlog", more=more), copy, level)
    assert kept(copy, "NAMED_VALUE_FLOAT", "name") == [b"CamTilt"]
    assert kept(copy, "DEBUG_VECT", "name") == [b"tuning"]


def test_a_board_whose_serial_number_is_the_computers_name_says_it_no_more(tmp_path: Path) -> None:
    aircraft, data = Encoder(address(1, 1)), flight_frames()
    for message in (
        m.AUTOPILOT_VERSION(uid2=b"field-laptop".ljust(18, b"\0")),
        m.STATUSTEXT(severity=6, text="field-laptop"),
        m.STATUSTEXT(severity=6, text="on field-laptop ready"),
    ):
        data += (START_US + 30_000_000).to_bytes(8, "big") + aircraft.pack(message)
    path, copy = tmp_path / "a.tlog", tmp_path / "copy.tlog"
    path.write_bytes(data)
    anonymize_log(path, copy, "identity")
    assert list(open_log(copy).tables["STATUSTEXT"]["text"][-2:]) == [
        b"############",
        b"on ############ ready",
    ]
    anonymize_log(path, copy, "position")
    assert open_log(copy).tables["STATUSTEXT"]["text"][-1] == b"on field-laptop ready"


def test_bytes_of_no_message_are_not_copied(tmp_path: Path) -> None:
    secret = b"written beside the log: 47.39770 8.54560"
    copy = tmp_path / "b"
    anonymize_log(telemetry(tmp_path / "a", more=secret), copy, "shift")
    assert b"written beside" not in copy.read_bytes()
    for which in ("dataflash", "ulog"):
        source = onboard(tmp_path / which, which)
        source.write_bytes(source.read_bytes() + secret)
        anonymize_log(source, copy, "shift")
        assert b"47.397" not in copy.read_bytes()


def test_an_onboard_log_loses_its_numbers_and_its_parameters_of_place(tmp_path: Path) -> None:
    log = DataFlashWriter()
    log.define("PARM", 20, "QNff", "TimeUS,Name,Value,Default", "Q16sff")
    log.define("FILE", 21, "QNZ", "TimeUS,FileName,Data", "Q16s64s")
    log.define("MSG", 22, "QZ", "TimeUS,Message", "Q64s")
    for name, value in ((b"COMPASS_DEC", 0.05), (b"INS_ACC_ID", 2753028.0), (b"RTL_ALT", 15.0)):
        log.write("PARM", 1, name, value, 0.0)
    log.write("FILE", 2, b"@SYS/uarts.txt", b"what is in a file")
    log.write("MSG", 3, b"Board 0123ABCD at 47.3977,8.5456")
    (tmp_path / "a").write_bytes(bytes(log.data))
    for level, values in (("position", [0.0, 2753028.0, 15.0]), ("identity", [0.0, 0.0, 15.0])):
        anonymize_log(tmp_path / "a", tmp_path / "b", level)  # type: ignore[arg-type]
        assert kept(tmp_path / "b", "PARM", "Value") == values
        assert kept(tmp_path / "b", "FILE", "TimeUS") == [2]
        assert b"what is in" not in (tmp_path / "b").read_bytes()
    assert kept(tmp_path / "b", "MSG", "Message") == [b"Board ######## at #######,######"]


def test_a_ulog_loses_its_numbers_and_its_parameters_of_place(tmp_path: Path) -> None:
    log = UlogWriter()
    log.keyed("I", "char[24] sys_uuid", b"0002000000003531343751")
    log.keyed("I", "char[8] ver_hw", b"PX4_FMU5")
    log.keyed("P", "float EKF2_MAG_DECL", struct.pack("<f", 2.5))
    log.keyed("P", "float MPC_XY_VEL_MAX", struct.pack("<f", 12.0))
    log.text(1, 6, "[gps] at 47.3977420 8.5455940")
    (tmp_path / "a").write_bytes(bytes(log.data))
    anonymize_log(tmp_path / "a", tmp_path / "b", "identity")
    after = read_ulog((tmp_path / "b").read_bytes())
    assert after.info["sys_uuid"].strip() == ""
    assert after.info["ver_hw"] == "PX4_FMU5"
    assert after.params == {"EKF2_MAG_DECL": 0.0, "MPC_XY_VEL_MAX": 12.0}
    assert after.texts[0].text == "[gps] at ########## #########"


def test_a_place_that_the_rules_miss_is_found_and_no_copy_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = telemetry(tmp_path / "a")
    tlog._change_of.cache_clear()
    real = rules.kind_of

    def forgetful(name: str, **more: Any) -> Any:
        return None if name in ("lat", "lon", "lng", "latitude", "longitude") else real(name, **more)

    monkeypatch.setattr(tlog, "kind_of", forgetful)
    try:
        for level in LEVELS:
            with pytest.raises(VerificationFailed, match="the copy still holds"):
                anonymize_log(source, tmp_path / "b", level)
    finally:
        tlog._change_of.cache_clear()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda copy: copy[: len(copy) // 2], "the same messages"),
        (lambda copy: copy[30:], "the same messages"),
    ],
)
def test_a_copy_that_does_not_read_as_it_should_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[bytes], bytes], what: str
) -> None:
    anonymize = TlogFormat.anonymize
    monkeypatch.setattr(TlogFormat, "anonymize", lambda *arguments: spoil(anonymize(*arguments)))
    with pytest.raises(VerificationFailed, match=what):
        anonymize_log(telemetry(tmp_path / "a"), tmp_path / "b", "shift")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_copy_never_takes_the_place_of_the_original(tmp_path: Path) -> None:
    source = telemetry(tmp_path / "a")
    with pytest.raises(UserError, match="it would replace the original"):
        anonymize_log(source, source, "position")


@pytest.mark.parametrize(
    ("name", "level", "kind"),
    [
        ("lat", "shift", "lat"),
        ("operator_longitude", "shift", "lon"),
        ("lat_int", "position", "lat"),
        ("gpsLon", "position", "lon"),
        ("latency", "identity", None),
        ("alt_ellipsoid", "position", "height"),
        ("relative_alt", "position", None),
        ("alt", "shift", None),
        ("uid2", "position", None),
        ("uid2", "identity", "identity"),
        ("serial_number", "identity", "identity"),
        ("roll", "identity", None),
        ("flight_time", "identity", None),
    ],
)
def test_fields_are_known_by_their_names(name: str, level: Level, kind: str | None) -> None:
    assert kind_of(name, level=level) == kind


def test_zero_and_nan_are_kept_and_far_places_are_removed() -> None:
    mover = Mover("shift", (LAT, LON))
    assert mover.moved(np.array([0.0, np.nan, LAT, -33.0]), "lat").tolist()[::3] == [0.0, 0.0]
    assert np.isnan(mover.moved(np.array([np.nan]), "lat")[0])
    assert mover.pair(LAT, LON) == pytest.approx(TARGET_DEG)
    assert Mover("position", None).pair(LAT, LON) == (0.0, 0.0)
    # Across the date line.
    assert Mover("shift", (-17.0, 179.9)).pair(-17.0, -179.9)[1] == pytest.approx(
        -30 + 0.2 * 1.3524, abs=1e-3
    )


@given(st.binary(max_size=200), st.sampled_from(LEVELS))
def test_a_masked_text_is_as_long_as_before(text: bytes, level: Level) -> None:
    assert len(masked(text, level)) == len(text)


def test_a_time_that_no_clock_shows_is_copied_as_it_is(tmp_path: Path) -> None:
    raw = bytearray(flight_frames(seconds=8))
    raw[0] = 0x80
    (tmp_path / "a.tlog").write_bytes(raw)
    anonymize_log(tmp_path / "a.tlog", tmp_path / "b.tlog", "position")
    assert (tmp_path / "b.tlog").read_bytes()[:8] == raw[:8]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("which", ["telemetry", "dataflash", "ulog"])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_copy_made_in_chunks_is_the_one_made_in_one(
    tmp_path: Path, which: str, level: Level, damaged: bool
) -> None:
    source = telemetry(tmp_path / "a") if which == "telemetry" else onboard(tmp_path / "a", which)
    if damaged:
        data = bytearray(source.read_bytes())
        data[-150:-130] = bytes(20)
        source.write_bytes(data)
    whole = anonymize_log(source, tmp_path / "whole", level)
    chunks = anonymize_log(source, tmp_path / "chunks", level, chunk_bytes=300)
    assert chunks.path.read_bytes() == whole.path.read_bytes()
    assert (chunks.messages, chunks.kept) == (whole.messages, whole.kept)


def test_frames_merged_from_a_box_are_in_the_copy_too(tmp_path: Path) -> None:
    folder, _, _ = merged_gap_flight(tmp_path)
    done = anonymize_log(folder / "frames.tlog", tmp_path / "b.tlog", "shift")
    assert done.messages == open_log(folder / "frames.tlog").messages


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_log_gives_a_copy_or_an_error_of_ours(tmp_path_factory: Any, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    raw = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(len(raw) // 2, len(raw)))]
    (folder / "a").write_bytes(raw)
    try:
        anonymize_log(folder / "a", folder / "b", data.draw(st.sampled_from(LEVELS)))
    except (UserError, VerificationFailed):
        assert not (folder / "b").exists()


WHOLE = [flight_frames(seconds=8), dataflash_sample(), ulog_sample()]


@pytest.mark.parametrize(
    "name", ["logs/arduplane_vtol.tlog", "logs/sample_log_small.ulg", "reference/px4/hover.tlog"]
)
@pytest.mark.parametrize("level", LEVELS)
def test_real_logs_are_anonymized_and_verified(
    shared_data: Path, tmp_path: Path, name: str, level: Level
) -> None:
    done = anonymize_log(shared_data / name, tmp_path / "b", level)
    assert done.kept > 0.98 * done.messages
