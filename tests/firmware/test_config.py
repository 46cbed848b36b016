"""The configuration: checked whole, with the last good one to fall back on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.config import ConfigError, Settings, parse, rate_bytes_per_s
from firmware.core.files import Files

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
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*GOOD, "dead_man", "keys", "x"]), inner),
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


def test_without_any_file_the_box_bridges(tmp_path: Path) -> None:
    settings_ = Settings(Files(str(tmp_path)))
    assert settings_.load()["dead_man"]["action"] == "none"
    assert settings_.problem == "config.json: cannot be read"


def test_a_wrong_configuration_is_not_stored(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    settings_ = Settings(files)
    settings_.store(text())
    with pytest.raises(ConfigError):
        settings_.store("{}")
    assert files.read("config.json") == text()


def test_a_write_cut_short_leaves_the_old_file(tmp_path: Path) -> None:
    files = Files(str(tmp_path))
    files.replace("config.json", text())
    (tmp_path / "config.json.new").write_text('{"versi')
    assert Settings(files).load()["version"] == 1


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
