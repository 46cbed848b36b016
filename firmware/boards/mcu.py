# mypy: ignore-errors
"""Base class of the microcontroller boards: UARTs, USB, pins, watchdog, card.

    uart:N           machine.UART number N, pins as the board's file says
    uart:N:TX:RX     with these pins
    usb              a second USB serial port (package `usb-device-cdc`), the first stays the console
    console          the console's USB serial port in raw mode: needs no second port, but gives no prompt while running

Written for MicroPython 1.24 and newer.
"""

import os
import select
import sys
import time

import machine
import micropython

from firmware.box import Port
from firmware.config import check_pins, pins_of
from firmware.core.blockfile import BlockFile
from firmware.core.files import Files


class UartPort(Port):
    """UART with `timeout=0`, so that neither read nor write blocks if the board has a transmit buffer.

    Without a buffer a write blocks until its bytes are sent; `piece` limits their number.
    """

    def __init__(self, uart, piece):
        self._uart = uart
        self._piece = piece

    def readinto(self, chunk):
        count = self._uart.any()
        if not count:
            return 0
        # Never more than available: a driver that waits for the rest would block the other ports.
        return self._uart.readinto(chunk, count if count < len(chunk) else len(chunk)) or 0

    def write(self, data, at, count):
        return self._uart.write(data, at, count if count < self._piece else self._piece) or 0


class UsbPort(Port):
    """Second USB serial port. While no program has it open (DTR), written bytes are discarded.

    The Python driver (`usb-device-cdc`) accepts what fits its buffer and never blocks. It allocates a little with each
    transfer; the memoryview of a write is one more small object.
    """

    def __init__(self, cdc):
        self._cdc = cdc
        self._data = None
        self._window = None

    def readinto(self, chunk):
        return self._cdc.readinto(chunk) or 0

    def write(self, data, at, count):
        if not self._cdc.dtr:
            return count
        if self._data is not data:  # in practice always the same ring
            self._data = data
            self._window = memoryview(data)
        return self._cdc.write(self._window[at : at + count]) or 0


class ConsolePort(Port):
    """Console port. Its driver blocks until all requested bytes arrive, so bytes are read one at a time."""

    PIECE = 64
    WAITED_MS = 20
    REST_MS = 2000

    def __init__(self):
        micropython.kbd_intr(-1)  # 0x03 is data from now on
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._poll_out = select.poll()
        self._poll_out.register(sys.stdout, select.POLLOUT)
        self._byte = bytearray(1)
        self._is_resting = False
        self._waited_ms = 0

    def readinto(self, chunk):
        count = 0
        while count < self.PIECE:
            ready = False
            for _ in self._poll.ipoll(0):
                ready = True
            if not ready:
                break
            self._in.readinto(self._byte, 1)
            chunk[count] = self._byte[0]
            count += 1
        return count

    def write(self, data, at, count):
        """Write if there is room. With too little room the driver blocks (RP2: half a second), and the free space
        cannot be queried; after a blocked write the port is paused, as its laptop does not read."""
        now_ms = time.ticks_ms()
        if self._is_resting:
            if time.ticks_diff(now_ms, self._waited_ms) < self.REST_MS:
                return 0
            self._is_resting = False
        if not self._has_room():
            return 0
        written = self._out.write(data, at, count if count < self.PIECE else self.PIECE) or 0
        if time.ticks_diff(time.ticks_ms(), now_ms) >= self.WAITED_MS:
            self._is_resting = True
            self._waited_ms = time.ticks_ms()
        return written

    def _has_room(self):
        room = False
        for _ in self._poll_out.ipoll(0):
            room = True
        return room


class CardFile(BlockFile):
    """Block file on a card that is mounted on first use."""

    def __init__(self, path, blocks, mount):
        BlockFile.__init__(self, path, blocks)
        self._mount = mount

    def _opened(self):
        if self._file is None:
            self._mount()
        return BlockFile._opened(self)


class Mcu:
    """Base of a board driver, which sets `uart_pins`, `default_uarts`, `watchdog_ms`, `card_pins` and mounts the
    card.
    """

    name = "mcu"
    rx_buffer = 8192  # 1.4 s at 57,600 baud: longer than a stall of the card
    tx_buffer = 1024
    tx_piece = 1024
    watchdog_ms = 8000
    default_uarts = (0, 1)
    uart_pins = {}
    card_pins = {}

    def __init__(self, folder):
        self.folder = folder
        self.files = Files(folder)
        self._watchdog = None
        self._is_console_used = False
        self._stop = self._button = None
        self._active_low = True
        self._lights = {}

    def uart_options(self):
        return {"rxbuf": self.rx_buffer, "txbuf": self.tx_buffer, "timeout": 0}

    def ports(self, config):
        """Return the ports of a configuration. Raises ValueError if the board lacks one."""
        wanted = [config["laptop"]] + config["radios"]
        uarts = [self._uart(port["port"], i) for i, port in enumerate(wanted)]
        self._check_pins(config, uarts)
        stop = config["emergency_stop"]
        self._active_low = stop["active_low"]
        self._stop = self._input(stop["pin"])
        self._button = self._input(stop["button_pin"])
        self._is_console_used = any(port["port"] == "console" for port in wanted)
        self._lights = {}
        for name, pin in config["lights"].items():
            if pin >= 0:
                self._lights[name] = machine.Pin(self.pin(pin), machine.Pin.OUT)
        return [self._port(port, uarts[i]) for i, port in enumerate(wanted)]

    def pin(self, number):
        """Return the `machine.Pin` id of a pin number of the settings."""
        return number

    def _input(self, number):
        if number < 0:
            return None
        pull = machine.Pin.PULL_UP if self._active_low else machine.Pin.PULL_DOWN
        return machine.Pin(self.pin(number), machine.Pin.IN, pull)

    def _uart(self, port, i):
        """Return (number, pins) of port `i`; None if it is no UART."""
        parts = port.split(":")
        if parts[0] == "default":
            parts = ["uart", str(self.default_uarts[i - 1])]
        if parts[0] in ("console", "usb"):
            return None
        if parts[0] != "uart":
            raise ValueError("port " + port + ": this board has uart:N, uart:N:TX:RX, usb and console")
        number = int(parts[1])
        return number, [int(pin) for pin in parts[2:]] or self.uart_pins.get(number, ())

    def _check_pins(self, config, uarts):
        """Check that no pin is used twice, including the board's default pins."""
        numbers = [uart[0] for uart in uarts if uart]
        if len(set(numbers)) < len(numbers):
            raise ValueError("two ports are the same uart")
        pins = []
        for uart in uarts:
            if uart:
                pins += [("uart:" + str(uart[0]), pin) for pin in uart[1]]
        pins += [found for found in pins_of(config) if "uart:" not in found[0] and found[0][:5] != "card."]
        if config["recorder"]["path"]:
            pins += [("card." + name, pin) for name, pin in self._card_pins(config["card"]).items()]
        check_pins(pins)

    def _card_pins(self, given):
        for name in given:
            if given[name] >= 0 and name not in self.card_pins:
                raise ValueError("card." + name + ": this board's card has pins of its own")
        return {name: given[name] if given[name] >= 0 else pin for name, pin in self.card_pins.items()}

    def _port(self, settings, uart):
        if not uart:
            return ConsolePort() if settings["port"] == "console" else UsbPort(second_usb_port())
        number, pins = uart
        options = self.uart_options()
        if pins:
            options["tx"] = machine.Pin(pins[0])
            options["rx"] = machine.Pin(pins[1])
        return UartPort(machine.UART(number, settings["baud"], **options), self.tx_piece)

    def store(self, config):
        recorder = config["recorder"]
        if not recorder["path"]:
            return None
        pins = self._card_pins(config["card"])

        def mount():
            try:
                os.umount("/sd")
            except OSError:
                pass
            os.mount(self.card(pins), "/sd")

        try:
            mount()
        except OSError:
            pass  # the recorder retries
        return CardFile(recorder["path"], recorder["blocks"], mount)

    def card(self, _pins):
        """Return the card as a block device. Raises OSError if there is none."""
        raise OSError(19)

    def utc_us(self):
        return 0  # no battery-backed clock: the time comes from the laptop or the aircraft

    def temperature_c(self):
        """Return the processor temperature in degrees Celsius; None if it cannot be read. Overridden by the boards."""

    def pressed(self):
        """Whether the emergency stop is pressed."""
        return self._is_down(self._stop)

    def confirmed(self):
        """Whether the return-or-land button is pressed."""
        return self._is_down(self._button)

    def _is_down(self, pin):
        return pin is not None and bool(pin.value()) != self._active_low

    def light(self, name, lit):
        pin = self._lights.get(name)
        if pin:
            pin.value(1 if lit else 0)

    def feed_watchdog(self):
        """Feed the watchdog; the first call starts it for good."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=self.watchdog_ms)
        self._watchdog.feed()

    def allow_interrupt(self, may):
        """Allow or forbid Ctrl-C at the console to end the box; ignored if the console is the laptop's port."""
        if not self._is_console_used:
            micropython.kbd_intr(3 if may else -1)

    def rest(self):
        time.sleep_ms(1)

    def reboot(self):
        machine.reset()


_made = []


def second_usb_port():
    """Return a USB serial port beside the console's (package `usb-device-cdc`)."""
    import usb.device
    from usb.device.cdc import CDCInterface

    if not _made:  # only once: a new one would disconnect the laptop's program
        _made.append(CDCInterface(timeout=0, txbuf=1024, rxbuf=1024))
        usb.device.get().init(_made[0], builtin_driver=True)
    return _made[0]
