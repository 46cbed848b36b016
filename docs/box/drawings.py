"""Draw the wiring diagrams: `python -m docs.box.drawings`. Pins are those of `firmware/boards`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

STEP = 26
BOARD_X, BOARD_RIGHT = 330, 540
DEVICE_X, DEVICE_RIGHT = 700, 880
RAIL_5V_X, RAIL_GND_X = 930, 970
SUPPLY_RIGHT, GROUND_X = 190, 312
RED, BLACK, GREEN, BLUE, BROWN = "#c00", "#000", "#080", "#04c", "#a60"


@dataclass(frozen=True)
class Device:
    """One device on the board.

    `name` is empty where the pins name it; `wires` are (pin of the board, pin of the device, colour);
    `volts`: powered by the supply.
    """

    name: str
    wires: tuple[tuple[str, str, str], ...]
    volts: bool = False
    ground: bool = True
    resistor: bool = False


@dataclass(frozen=True)
class Board:
    """One board: `power` and `ground` are its supply pins, `note` warns about them."""

    file: str
    name: str
    power: str
    ground: str
    note: tuple[str, ...]
    devices: tuple[Device, ...]


def radio(number: int, tx: str, rx: str) -> Device:
    return Device(f"radio {number}", ((tx, "RX", GREEN), (rx, "TX", BLUE)), volts=True)


def card(sck: str, mosi: str, miso: str, cs: str, volts: str) -> Device:
    pins = ((sck, "CLK", BROWN), (mosi, "DI", BROWN), (miso, "DO", BROWN), (cs, "CS", BROWN))
    return Device("card", (*pins, (volts, "3.3 V", RED)))


def controls(stop: str, button: str, lights: tuple[str, str, str, str]) -> tuple[Device, ...]:
    """Return emergency stop, confirm button and LEDs."""
    names = ("link", "laptop", "record", "fault")
    leds = tuple((pin, f"LED {name}", GREEN) for pin, name in zip(lights, names, strict=True))
    return (
        Device("", leds, resistor=True),
        Device("", ((stop, "emergency stop", BLUE),)),
        Device("", ((button, "confirm button", BLUE),)),
    )


def laptop(pin: str) -> Device:
    return Device("", ((pin, "USB of the laptop", BLACK),), ground=False)


BOARDS = (
    Board(
        "pico", "Raspberry Pi Pico, Pico 2", "VSYS (pin 39)", "GND (pin 38)",
        ("VBUS (pin 40) stays free: the laptop's", "5 V reaches the board by its own", "diode and nothing else."),
        (
            radio(1, "GP0 TX 0", "GP1 RX 0"),
            radio(2, "GP4 TX 1", "GP5 RX 1"),
            card("GP10 SCK", "GP11 MOSI", "GP12 MISO", "GP13 CS", "3V3 (pin 36)"),
            *controls("GP15", "GP14", ("GP18", "GP19", "GP20", "GP21")),
            laptop("micro USB"),
        ),
    ),
    Board(
        "esp32", "ESP32-S3 (DevKitC-1 and its like)", "5V", "GND",
        ("Where 5V is tied straight to the USB", "socket: a cable without its 5 V wire,", "or the two supplies fight."),
        (
            radio(1, "17 TX 1", "18 RX 1"),
            radio(2, "15 TX 2", "16 RX 2"),
            card("12 SCK", "11 MOSI", "13 MISO", "10 CS", "3V3"),
            *controls("4", "5", ("6", "7", "8", "9")),
            laptop("USB (19, 20)"),
        ),
    ),
    Board(
        "stm32", "Pyboard and its like (STM32)", "VIN", "GND",
        (
            "VIN takes 3.6 to 10 V and has no guard", "against the wrong way round.",
            "The card is in the board's own slot.",
        ),
        (
            radio(1, "X9 TX 1 (PB6)", "X10 RX 1 (PB7)"),
            radio(2, "Y1 TX 6 (PC6)", "Y2 RX 6 (PC7)"),
            *controls("X1 (PA0)", "X2 (PA1)", ("X5 (PA4)", "X6 (PA5)", "X7 (PA6)", "X8 (PA7)")),
            laptop("micro USB"),
        ),
    ),
)  # fmt: skip


def line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="3"/>'


def text(x: float, y: float, words: str, *, end: str = "start", size: int = 14) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{end}" font-size="{size}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="white" stroke="black" rx="6"/>'


def dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="5" fill="{colour}"/>'


def diode(x: float, y: float) -> str:
    """Return a diode; current flows to the right."""
    return (
        f'<polygon points="{x},{y - 11} {x},{y + 11} {x + 20},{y}" fill="{RED}"/>'
        f'<line x1="{x + 20}" y1="{y - 11}" x2="{x + 20}" y2="{y + 11}" stroke="{RED}" stroke-width="3"/>'
    )


def drawn_device(device: Device, y: int) -> list[str]:
    """Return a device with its wires; `y` is its upper edge."""
    height = STEP * max(len(device.wires), 1 + device.volts) + 12
    parts = [box(DEVICE_X, y, DEVICE_RIGHT - DEVICE_X, height)]
    for i, (pin, goal, colour) in enumerate(device.wires):
        at = y + 19 + STEP * i
        parts += [line(BOARD_RIGHT, at, DEVICE_X, at, colour), text(BOARD_RIGHT - 8, at + 5, pin, end="end")]
        parts.append(text(DEVICE_X + 8, at + 5, goal))
        if device.resistor:
            place = f'x="595" y="{at - 7}" width="50" height="14"'
            parts.append(f'<rect {place} fill="white" stroke="{GREEN}" stroke-width="2"/>')
            parts.append(text(620, at + 4, "470 Ω", end="middle", size=11))
    rows = [("5 V", RAIL_5V_X, RED)] * device.volts + [("GND", RAIL_GND_X, BLACK)] * device.ground
    for i, (name, rail_x, colour) in enumerate(rows):
        at = y + 19 + STEP * i
        parts += [line(DEVICE_RIGHT, at, rail_x, at, colour), dot(rail_x, at, colour)]
        parts.append(text(DEVICE_RIGHT - 8, at + 5, name, end="end"))
    middle = (DEVICE_X + DEVICE_RIGHT) / 2
    return [*parts, text(middle, y + height / 2 + 5, device.name, end="middle")] if device.name else parts


def drawing(board: Board) -> str:
    """Return the diagram of a board as SVG."""
    top, gap, parts = 90, 12, []
    y, last_volts = top, top
    for device in board.devices:
        parts += drawn_device(device, y)
        last_volts = y + 19 if device.volts else last_volts
        y += STEP * max(len(device.wires), 1 + device.volts) + 12 + gap
    bottom = y - gap
    height = bottom + 50
    plus_y, minus_y, rail_top, rail_bottom = top + 30, top + 70, 60, bottom + 26
    supply = [
        box(20, top, SUPPLY_RIGHT - 20, 100),
        text(30, plus_y + 5, "5 V, 3 A"), text(30, minus_y + 5, "GND"),
        text(30, top + 122, "A supply of its own: a BEC on a"), text(30, top + 140, "battery, or a power bank that"),
        text(30, top + 158, "does not switch itself off."),
        *(text(30, top + 190 + 18 * i, words) for i, words in enumerate(board.note)),
    ]  # fmt: skip
    power = [
        line(SUPPLY_RIGHT, plus_y, BOARD_X, plus_y, RED), diode(255, plus_y), dot(225, plus_y, RED),
        text(265, plus_y + 28, "Schottky", end="middle", size=12), text(BOARD_X + 8, plus_y + 5, board.power),
        line(225, plus_y, 225, rail_top, RED), line(225, rail_top, RAIL_5V_X, rail_top, RED),
        line(RAIL_5V_X, rail_top, RAIL_5V_X, last_volts, RED),
        text(
            500, rail_top - 8, "5 V to the radios, not through the board and not from the laptop",
            end="middle", size=12,
        ),
        line(SUPPLY_RIGHT, minus_y, BOARD_X, minus_y, BLACK), dot(GROUND_X, minus_y, BLACK),
        text(BOARD_X + 8, minus_y + 5, board.ground),
        line(GROUND_X, minus_y, GROUND_X, rail_bottom, BLACK),
        line(GROUND_X, rail_bottom, RAIL_GND_X, rail_bottom, BLACK),
        line(RAIL_GND_X, rail_bottom, RAIL_GND_X, top + 19 + STEP, BLACK),
        text(600, rail_bottom - 7, "GND, one for all", end="middle", size=12),
    ]  # fmt: skip
    body = [
        text(20, 32, board.name, size=20),
        box(BOARD_X, top - 12, BOARD_RIGHT - BOARD_X, bottom - top + 24),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {height}" font-family="sans-serif">',
            f'<rect width="1000" height="{height}" fill="white"/>',
            *body, *supply, *power, *parts, "</svg>", "",
        ]
    )  # fmt: skip


def main() -> None:
    for board in BOARDS:
        (Path(__file__).parent / f"{board.file}.svg").write_text(drawing(board), encoding="utf-8")


if __name__ == "__main__":
    main()
