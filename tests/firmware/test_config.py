"""Settings: validation, and the fallback to the last good file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.config import ConfigError, parse, rate_bytes_per_s
from firmware.core.disk import Disk
from firmware.core.files import Files
from firmware.roles.update import load_state
from firmware.settings import Settings, _put, with_changes

GOOD: dict[str, Any] = {
    "version": 1,
    "laptop": {"port": "usb"},
    "radios": [{"port": "uart:0", "baud": 57600}],
}


def text(**changes: Any) -> str:
    return json.dumps({**GOOD, **changes})


def test_what_is_not_given_has_its_default() -> None:
    config = parse(text())
    assert config["dead_man"] == {"enabled": True, "silent_ms": 5000, "hold_ms": 30_000, "action": "none"}
    assert config["firewall"]["locked"] is False
    assert rate_bytes_per_s(config["radios"][0]) == 5760


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{", "not JSON"),
        ("[]", "the file: must be an object"),
        ("{}", "version: is missing"),
        (text(version=2), "version: 2 is not in 1..1"),
        (text(radios=[]), "radios: must be a list of 1 to 2"),
        (text(radios=[{"port": "uart:0", "baud": 12}]), "radios[0].baud: 12 is not in 1200..4000000"),
        (text(radios=[{"port": "uart:0", "baud": "fast"}]), "radios[0].baud: must be a whole number"),
        (text(radios=[{"baud": 57600}]), "radios[0].port: is missing"),
        (text(uplink="fastest"), "uplink: must be one of best, all"),
        (text(dead_man={"hold_s": 5}), "dead_man.hold_s: there is no such setting"),
        (text(dead_man={"enabled": 1}), "dead_man.enabled: must be true or false"),
        (text(dead_man={"hold_ms": True}), "dead_man.hold_ms: must be a whole number"),
        (text(dead_man=None), "dead_man: must be an object"),
        (text(firewall={"locked": True}), "firewall.locked: needs keys.laptop"),
        (text(firewall={"sign": True}), "firewall.sign: needs keys.aircraft"),
        (text(laptop={"port": "foo"}), "laptop.port: foo is no port: uart:N"),
        (text(laptop={"port": "uart:x"}), "laptop.port: uart:x is no port"),
        (text(laptop={"port": "uart:0:12"}), "laptop.port: uart:0:12 is no port"),
        (text(laptop={"port": "udpin:127.0.0.1"}), "laptop.port: udpin:127.0.0.1 is no port"),
        (text(laptop={"port": "udpin:127.0.0.1:70000"}), "laptop.port: udpin:127.0.0.1:70000 is no port"),
        (text(laptop={"port": "serial:"}), "laptop.port: serial: is no port"),
        (
            text(laptop={"port": "serial:/dev/ttyACM0:115200"}),
            "laptop.port: serial:/dev/ttyACM0:115200: the speed goes into baud",
        ),
        (
            text(radios=[{"port": "pty:/tmp/r", "baud": 12345}]),
            "radios[0].baud: a terminal's is one of 9600, 57600",
        ),
        (text(laptop={"port": "uart:0:8:9"}), "radios[0].port: uart:0 is laptop's already"),
        (text(radios=[{"port": "usb"}]), "radios[0].port: usb is laptop's already"),
        (
            text(radios=[{"port": "uart:0:4:5"}], emergency_stop={"pin": 5}),
            "radios uart:0:4:5: pin 5 is emergency_stop.pin's already",
        ),
        (text(lights={"link": 7, "fault": 7}), "lights.fault: pin 7 is lights.link's already"),
        (text(card={"cs": 9}, lights={"link": 9}), "lights.link: pin 9 is card.cs's already"),
        (text(keys={"laptop": "abc"}), "keys.laptop: must be 64 hexadecimal digits"),
        (
            text(raw_bytes="pass", firewall={"default": "refuse"}),
            "raw_bytes: pass would carry pieces of frames",
        ),
        (
            text(raw_bytes="pass", firewall={"rules": [{"direction": "down", "allow": False}]}),
            "raw_bytes: pass would carry pieces of frames",
        ),
        (
            text(raw_bytes="pass", firewall={"locked": True}, keys={"laptop": "00" * 32}),
            "raw_bytes: pass would carry pieces of frames",
        ),
        (
            text(firewall={"rules": [{"direction": "sideways", "allow": True}]}),
            "firewall.rules[0].direction: must be one",
        ),
    ],
)
def test_the_first_thing_wrong_is_named(wrong: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(wrong)
    assert str(error.value).startswith(said)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from([*GOOD, "dead_man", "keys", "x"]), inner),
).map(json.dumps))  # fmt: skip
def test_whatever_the_file_holds_it_is_taken_or_refused_in_one_line(content: str) -> None:
    try:
        parse(content)
    except ConfigError as error:
        assert "\n" not in str(error).strip()


def test_a_wrong_file_falls_back_to_the_last_good_one(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    files.replace("config.json", text(uplink="all"))
    first = Settings(files)
    assert first.load()["uplink"] == "all"
    first.keep()
    files.replace("config.json", text(uplink="wrong"))
    second = Settings(files)
    assert second.load()["uplink"] == "all"
    assert second.problem == "config.json: uplink: must be one of best, all"


def test_a_last_good_file_that_is_no_text_any_more_is_written_anew(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    files.replace("config.json", text(uplink="all"))
    (tmp_path / "config.good.json").write_bytes(b"\xff\xfe{")
    first = Settings(files)
    first.load()
    first.keep()
    assert files.read("config.good.json") == text(uplink="all")


def test_without_any_file_the_box_bridges(tmp_path: Path) -> None:
    settings_ = Settings(Files(str(tmp_path)))
    assert settings_.load()["dead_man"]["action"] == "none"
    assert settings_.problem == "config.json: cannot be read"


def test_a_write_cut_short_leaves_the_old_file(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    files.replace("config.json", text())
    (tmp_path / "config.json.new").write_text('{"versi')
    assert Settings(files).load()["version"] == 1


def test_a_file_left_half_renamed_on_fat_is_read_under_its_new_name(
    tmp_path: Path,
) -> None:
    files, disk = Files(str(tmp_path)), Disk(str(tmp_path))
    (tmp_path / "config.json.new").write_text(text(uplink="all"))
    assert Settings(files).load()["uplink"] == "all"
    state = {"active": "a", "trial": "", "tried": ""}
    (tmp_path / "slots.json.new").write_text(json.dumps(state))
    assert load_state(disk) == state
    disk.put("slots.json", b"{}")
    (tmp_path / "slots.json.new").write_text(json.dumps(state))
    disk.remove("slots.json")
    assert load_state(disk)["active"] == ""


def test_a_port_by_its_path_may_have_colons_in_it(tmp_path: Path) -> None:
    path = "serial:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0"
    assert parse(text(laptop={"port": path}))["laptop"]["port"] == path


@pytest.mark.parametrize("port", ["usb", "console", "default", "udpin:127.0.0.1:1", "udpout:box.local:1"])
def test_a_laptop_on_what_has_no_speed_has_no_budget(port: str) -> None:
    assert rate_bytes_per_s(parse(text(laptop={"port": port}))["laptop"]) == 0
    stated = {"port": port, "rate_bytes_per_s": 9000}
    assert rate_bytes_per_s(parse(text(laptop=stated))["laptop"]) == 9000


def refuses(wrong: str, error: Exception | None = None) -> Callable[[Any], Any]:
    """Return a `use` function of a board that lacks one radio port."""

    def use(config: Any) -> Any:
        if config["radios"][0]["name"] == wrong:
            raise error or MemoryError("memory allocation failed")
        return config

    return use


def test_settings_that_the_board_cannot_meet_fall_back_to_the_last_good_file(
    tmp_path: Path,
) -> None:
    files = Files(str(tmp_path))
    files.replace("config.good.json", text(uplink="all"))
    files.replace("config.json", text(radios=[{"port": "uart:0", "name": "x"}]))
    settings_ = Settings(files)
    assert settings_.load(refuses("x"))["uplink"] == "all"
    assert settings_.problem == "config.json: memory allocation failed"


@pytest.mark.parametrize(
    "error", [ImportError("no module named 'sdcard'"), AttributeError("no attribute 'SDCard'")]
)
def test_a_package_that_the_board_lacks_falls_back_to_the_last_good_file(
    tmp_path: Path, error: Exception
) -> None:
    files = Files(str(tmp_path))
    files.replace("config.good.json", text(uplink="all"))
    files.replace("config.json", text(radios=[{"port": "uart:0", "name": "x"}]))
    settings_ = Settings(files)
    assert settings_.load(refuses("x", error))["uplink"] == "all"
    assert settings_.problem == "config.json: " + str(error)


def test_where_not_even_the_defaults_can_be_used_the_first_reason_is_told(tmp_path: Path) -> None:
    Files(str(tmp_path)).replace("config.json", text(uplink="wrong"))
    with pytest.raises(ConfigError, match=r"config\.json: uplink: must be one of best, all"):
        Settings(Files(str(tmp_path))).load(refuses(""))


def test_a_change_is_saved_to_the_file_in_use_and_not_to_a_newer_invalid_one(
    tmp_path: Path,
) -> None:
    files = Files(str(tmp_path))
    slip = text(uplink="wrong", keys={"aircraft": "ab" * 32})
    files.replace("config.json", slip)
    files.replace("config.good.json", text())
    settings_ = Settings(files)
    settings_.load()
    settings_.change({"uplink": "all"})
    assert files.read("config.json") == slip
    assert Settings(files).load()["uplink"] == "all"


WRITTEN = """{
  "version": 1,
  "radios": [{"port": "uart:0", "name": "a \\"} b"}],
  "dead_man": {
    "action": "land",   "silent_ms": 4000
  },
  "lights": {},
  "laptop": {"port": "usb"}
}
"""


def test_a_change_leaves_the_rest_of_the_file_as_somebody_wrote_it() -> None:
    changed = with_changes(
        WRITTEN,
        {"dead_man.silent_ms": 3000, "dead_man.hold_ms": 0, "lights.link": 4, "keys.laptop_next": "ab" * 32},
    )
    assert changed == WRITTEN.replace("4000", '3000,\n    "hold_ms": 0').replace("{}", '{"link": 4}').replace(
        '"usb"}', '"usb"},\n  "keys": {"laptop_next": "' + "ab" * 32 + '"}'
    )
    assert with_changes(changed, {"dead_man.silent_ms": 4000, "dead_man.hold_ms": 5}) == changed.replace(
        "3000", "4000"
    ).replace('"hold_ms": 0', '"hold_ms": 5')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(max_size=4), JSON, max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.text(max_size=4),
    JSON,
)
def test_whatever_else_is_in_the_file_a_change_changes_nothing_but_its_setting(
    content: dict[str, Any], indent: Any, name: str, value: Any
) -> None:
    changed = _put(json.dumps(content, indent=indent), 0, [name], json.dumps(value))
    assert json.loads(changed) == {**content, name: value}


def test_single_settings_are_put_into_the_file_and_a_wrong_one_leaves_it_as_it_was(tmp_path: Path) -> None:
    text = json.dumps({"version": 1, "laptop": {"port": "usb"}, "radios": [{"port": "uart:0"}]})
    (tmp_path / "config.json").write_text(text)
    settings = Settings(Files(str(tmp_path)))
    settings.load()
    settings.change({"dead_man.silent_ms": 3000, "uplink": "all", "keys.laptop_next": "ab" * 32})
    taken = Settings(Files(str(tmp_path))).load()
    assert (taken["dead_man"]["silent_ms"], taken["uplink"]) == (3000, "all")
    assert taken["laptop"]["port"] == "usb"
    assert taken["keys"]["laptop_next"] == "ab" * 32
    before = (tmp_path / "config.json").read_text()
    with pytest.raises(ConfigError, match="uplink"):
        settings.change({"uplink": "both"})
    assert (tmp_path / "config.json").read_text() == before
