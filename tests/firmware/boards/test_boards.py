"""The boards' files against a stand-in for MicroPython's `machine`, as far as that goes without a board on the desk."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.firmware.rig import config


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = range(4)

    def __init__(self, number: int, *_: int) -> None:
        self.number = number
        self.level = 1

    def value(self, level: int | None = None) -> int:
        if level is not None:
            self.level = level
        return self.level


class Uart:
    def __init__(self, number: int, baud: int, **options: Any) -> None:
        self.number, self.baud, self.options = number, baud, options
        self.incoming = b""
        self.sent = b""

    def any(self) -> int:
        return len(self.incoming)

    def readinto(self, chunk: bytearray, count: int) -> int:
        chunk[:count] = self.incoming[:count]
        self.incoming = self.incoming[count:]
        return count

    def write(self, data: bytearray, at: int, count: int) -> int:
        self.sent += data[at : at + count]
        return count


class Watchdog:
    made = 0

    def __init__(self, timeout: int) -> None:
        Watchdog.made = timeout
        self.fed = 0

    def feed(self) -> None:
        self.fed += 1


@pytest.fixture(params=["pico", "esp32", "stm32"])
def board(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    machine = ModuleType("machine")
    for name, thing in {"Pin": Pin, "UART": Uart, "WDT": Watchdog}.items():
        setattr(machine, name, thing)
    monkeypatch.setitem(sys.modules, "machine", machine)
    monkeypatch.setitem(sys.modules, "micropython", SimpleNamespace(kbd_intr=lambda _: None))
    for name in ("mcu", request.param):
        monkeypatch.delitem(sys.modules, f"firmware.boards.{name}", raising=False)
    yield importlib.import_module(f"firmware.boards.{request.param}").Board("/")
    for name in ("mcu", request.param):
        sys.modules.pop(f"firmware.boards.{name}", None)


def test_radios_are_uarts_with_a_buffer_longer_than_a_cards_stall(board: Any) -> None:
    radio = {"port": "uart:1:8:9", "baud": 57600}
    ports = board.ports(config(laptop={"port": "uart:0"}, radios=[radio]))
    uart = ports[1]._uart
    assert (uart.number, uart.baud, uart.options["tx"].number, uart.options["rx"].number) == (1, 57600, 8, 9)
    assert uart.options["rxbuf"] >= 5760 * 1.4
    assert uart.options["timeout"] == 0


def test_a_uart_is_read_without_asking_for_more_than_is_there(board: Any) -> None:
    ports = board.ports(config(laptop={"port": "uart:0"}, radios=[{"port": "uart:1"}]))
    chunk = bytearray(256)
    assert ports[1].readinto(chunk) == 0
    ports[1]._uart.incoming = bytes(range(200)) * 2
    assert [ports[1].readinto(chunk) for _ in range(3)] == [256, 144, 0]
    assert ports[1].write(bytearray(b"abcdef"), 2, 3) == 3
    assert ports[1]._uart.sent == b"cde"


def test_the_emergency_stop_is_pressed_when_its_pin_is_pulled(board: Any) -> None:
    assert not board.pressed()
    board.ports(config(laptop={"port": "uart:0"}, radios=[{"port": "uart:1"}], emergency_stop={"pin": 7}))
    assert not board.pressed()
    board._stop.level = 0
    assert board.pressed()
    assert not board.confirmed()


def test_the_button_has_an_input_of_its_own(board: Any) -> None:
    assert not board.confirmed()
    stop = {"pin": 7, "button_pin": 8}
    board.ports(config(laptop={"port": "uart:0"}, radios=[{"port": "uart:1"}], emergency_stop=stop))
    assert not board.confirmed()
    board._button.level = 0
    assert board.confirmed()
    assert not board.pressed()


def test_the_watchdog_starts_with_its_first_feeding(board: Any) -> None:
    assert board._watchdog is None
    board.feed_watchdog()
    board.feed_watchdog()
    assert board._watchdog.fed == 2
    assert Watchdog.made <= 8388


def test_lights_are_set_by_name_and_those_not_wired_are_left_out(board: Any) -> None:
    board.ports(config(laptop={"port": "uart:0"}, radios=[{"port": "uart:1"}], lights={"fault": 25}))
    board.light("fault", True)
    board.light("link", True)
    assert board._lights["fault"].level == 1


def test_the_processors_temperature_is_told_in_whole_degrees(
    board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    volts = 0.706 - 0.001721 * 10  # 37 degrees, by the RP2040's datasheet
    adc = SimpleNamespace(read_u16=lambda: round(volts / 3.3 * 65535))
    monkeypatch.setattr(sys.modules["machine"], "ADC", lambda channel: {4: adc}[channel], raising=False)
    monkeypatch.setitem(sys.modules, "esp32", SimpleNamespace(mcu_temperature=lambda: 37))
    core = SimpleNamespace(read_core_temp=lambda: 36.6)
    monkeypatch.setitem(sys.modules, "pyb", SimpleNamespace(ADCAll=lambda _bits, _mask: core))
    assert board.temperature_c() == 37


def test_a_port_that_is_none_is_refused_by_name(board: Any) -> None:
    with pytest.raises(ValueError, match="port spi:0: must be uart"):
        board.ports(config(laptop={"port": "spi:0"}))
