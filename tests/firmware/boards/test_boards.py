"""Board drivers on a simulated `machine` module, as far as possible without hardware."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from docs.box import drawings
from tests.support.box.rig import config


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = range(4)

    def __init__(self, number: int | str, *_: int) -> None:
        if number in (63, "D15"):
            raise ValueError("invalid pin")
        self.number = number
        self.level = 1

    def value(self, level: int | None = None) -> int:
        if level is not None:
            self.level = level
        return self.level


class Uart:
    def __init__(self, number: int, baud: int, **options: Any) -> None:
        if number > 8:
            raise ValueError(f"UART({number}) does not exist")
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
    module = importlib.import_module(f"firmware.boards.{request.param}")
    monkeypatch.setattr("firmware.boards.mcu.second_usb_port", lambda: None)
    yield module.Board("/")
    for name in ("mcu", request.param):
        sys.modules.pop(f"firmware.boards.{name}", None)


def test_radios_are_uarts_with_a_buffer_longer_than_a_cards_stall(board: Any) -> None:
    own_pins = board.name != "stm32"  # which has them fixed
    radio = {"port": "uart:1:8:9" if own_pins else "uart:1", "baud": 57600}
    ports = board.ports(config(laptop={"port": "uart:0"}, radios=[radio]))
    uart = ports[1]._uart
    assert (uart.number, uart.baud) == (1, 57600)
    if own_pins:
        assert (uart.options["tx"].number, uart.options["rx"].number) == (8, 9)
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


@pytest.mark.parametrize(("laptop", "told"), [("usb", [-1, 3]), ("console", [])])
def test_ctrl_c_is_data_while_disabled_and_always_on_the_laptops_console(
    board: Any, monkeypatch: pytest.MonkeyPatch, laptop: str, told: list[int]
) -> None:
    mcu = sys.modules["firmware.boards.mcu"]
    seen: list[int] = []
    monkeypatch.setattr(mcu, "ConsolePort", lambda: None)
    monkeypatch.setattr(mcu, "micropython", SimpleNamespace(kbd_intr=seen.append))
    board.ports(config(laptop={"port": laptop}, radios=[{"port": "uart:1"}]))
    board.allow_interrupt(False)
    board.allow_interrupt(True)
    assert seen == told


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


PORTS = {"laptop": {"port": "usb"}, "radios": [{"port": "default"}, {"port": "default"}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"laptop": {"port": "udpin:127.0.0.1:1"}}, "port udpin:127.0.0.1:1: this board has uart:N"),
        ({"radios": [{"port": "uart:9"}]}, "UART(9) does not exist"),
        ({"emergency_stop": {"pin": 63}}, "invalid pin"),
    ],
)
def test_what_a_board_has_not_is_refused_by_name(board: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        board.ports(config(**PORTS | changes))


def test_two_ports_are_not_the_same_uart_even_where_one_is_the_default(board: Any) -> None:
    first = board.default_uarts[0]
    with pytest.raises(ValueError, match="two ports are the same uart"):
        board.ports(config(laptop={"port": f"uart:{first}"}, radios=[{"port": "default"}]))


def test_pins_that_the_board_takes_by_itself_are_not_given_away(board: Any) -> None:
    taken = {"pico": 4, "esp32": 15}.get(board.name)  # the second radio's TX
    if taken is None:
        pytest.skip("its UARTs have pins by name")
    with pytest.raises(
        ValueError, match=f"emergency_stop.pin: pin {taken} is uart:{board.default_uarts[1]}'s already"
    ):
        board.ports(config(**PORTS, emergency_stop={"pin": taken}))


def test_an_stm32s_pins_are_numbered_sixteen_to_a_port(board: Any) -> None:
    board.ports(config(**PORTS, lights={"link": 19}))
    assert board._lights["link"].number == ("B3" if board.name == "stm32" else 19)


def test_the_drawing_shows_the_pins_that_the_board_takes_by_itself(board: Any) -> None:
    drawn = {entry.file: entry for entry in drawings.BOARDS}[board.name]
    wires = [wire for device in drawn.devices for wire in device.wires]
    pins = {
        goal: re.sub(r"\D", "", pin.split()[0]) for pin, goal, _ in wires if goal in ("CLK", "DI", "DO", "CS")
    }
    card = board.card_pins
    assert pins == (
        {"CLK": str(card["sck"]), "DI": str(card["mosi"]), "DO": str(card["miso"]), "CS": str(card["cs"])}
        if card
        else {}
    )
    for i, number in enumerate(board.default_uarts):
        (tx, _, _), (rx, _, _) = drawn.devices[i].wires
        assert (f"TX {number}" in tx, f"RX {number}" in rx) == (True, True)
        if number in board.uart_pins:
            assert [int(re.sub(r"\D", "", pin.split()[0])) for pin in (tx, rx)] == list(
                board.uart_pins[number]
            )


def test_the_cards_pins_are_settable_where_the_board_has_none_of_its_own(
    board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    machine = sys.modules["machine"]
    monkeypatch.setattr(machine, "SPI", lambda number, **wires: asked.append((number, wires)), raising=False)
    monkeypatch.setattr(machine, "SDCard", lambda **wires: asked.append((2, wires)), raising=False)
    monkeypatch.setitem(
        sys.modules, "sdcard", SimpleNamespace(SDCard=lambda _spi, cs: asked.append(cs.number))
    )
    monkeypatch.setattr("os.umount", lambda _: None, raising=False)
    monkeypatch.setattr("os.mount", lambda _card, _where: None, raising=False)
    changes = {"card": {"sck": 18, "mosi": 19}, "recorder": {"path": "/sd/box.rec"}}
    if board.name == "stm32":
        with pytest.raises(ValueError, match=r"card\.sck: this board's card has pins of its own"):
            board.ports(config(**PORTS, **changes))
        return
    if board.name == "esp32":
        changes["card"] = {"sck": 38, "mosi": 39}
    given = config(**PORTS, **changes)
    board.ports(given)
    board.store(given)
    number, wires = asked[0]
    assert number == (0 if board.name == "pico" else 2)
    card = given["card"]
    assert (wires["sck"].number, wires["mosi"].number) == (card["sck"], card["mosi"])
    assert wires["miso"].number == board.card_pins["miso"]


def test_a_closed_usb_port_discards_all_and_an_open_one_takes_what_fits(
    board: Any,
) -> None:
    mcu = sys.modules["firmware.boards.mcu"]
    got = bytearray()

    def write(data: memoryview) -> int:
        got.extend(data[:3])
        return 3

    cdc = SimpleNamespace(dtr=False, write=write)
    port = mcu.UsbPort(cdc)
    ring = bytearray(b"abcdefgh")
    assert (port.write(ring, 2, 6), bytes(got)) == (6, b"")
    cdc.dtr = True
    assert (port.write(ring, 2, 6), bytes(got)) == (3, b"cde")


class Console:
    """`sys.stdout` of a board: reports whether there is room, and blocks if there is too little."""

    def __init__(self, clock: SimpleNamespace) -> None:
        self.buffer = self
        self.room = 256
        self.got = bytearray()
        self._clock = clock

    def write(self, data: bytearray, at: int, count: int) -> int:
        if count > self.room:
            self._clock.now_ms += 500
        taken = min(count, self.room)
        self.room -= taken
        self.got += data[at : at + taken]
        return taken


def test_an_unread_console_delays_the_box_once_and_loses_nothing(
    board: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mcu = sys.modules["firmware.boards.mcu"]
    clock = SimpleNamespace(now_ms=0)
    console = Console(clock)
    out = SimpleNamespace(ipoll=lambda _: [1] if console.room else [])
    polls = [SimpleNamespace(ipoll=lambda _: []), out]
    for poll in polls:
        poll.register = lambda *_: None
    monkeypatch.setattr(mcu, "sys", SimpleNamespace(stdin=SimpleNamespace(buffer=None), stdout=console))
    monkeypatch.setattr(mcu, "select", SimpleNamespace(poll=lambda: polls.pop(0), POLLIN=1, POLLOUT=4))
    ticks = SimpleNamespace(ticks_ms=lambda: clock.now_ms, ticks_diff=lambda a, b: a - b)
    monkeypatch.setattr(mcu, "time", ticks)
    port = mcu.ConsolePort()
    data = bytearray(range(256)) * 8
    sent = 0
    for turn in range(20_000):
        clock.now_ms += 1
        if turn % 10 == 0 and turn < 5000:
            console.room = min(256, console.room + 10)  # slower than what is written
        if turn == 15_000:
            console.room = 1 << 30
        sent += port.write(data, sent, min(200, len(data) - sent))
    assert bytes(console.got) == bytes(data[: len(console.got)])
    assert sent == len(data)
    assert clock.now_ms - 20_000 <= 500 * 4  # two seconds apart at least


def test_a_uart_without_a_buffer_for_sending_is_given_little_at_a_time(board: Any) -> None:
    ports = board.ports(config(laptop={"port": "usb"}, radios=[{"port": "uart:1"}]))
    taken = ports[1].write(bytearray(300), 0, 300)
    assert taken == (32 if "txbuf" not in ports[1]._uart.options else 300)
