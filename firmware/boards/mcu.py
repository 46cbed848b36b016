# mypy: ignore-errors
"""What the microcontroller boards have in common: UARTs, USB, pins, the watchdog, the card.

    uart:N           machine.UART number N, pins as the board's file says
    uart:N:TX:RX     with these pins
    usb              a second USB serial port (package `usb-device-cdc`), the first stays the console
    console          the console's own USB serial port, made raw: no second port needed, but no prompt while it runs

Written for MicroPython 1.24 and newer.
"""

import select
import sys
import time

import machine
import micropython

from firmware.box import Port
from firmware.core.blockfile import BlockFile
from firmware.core.files import Files


class UartPort(Port):
    """`timeout=0`: neither reading nor writing ever waits."""

    def __init__(self, uart):
        self._uart = uart

    def readinto(self, chunk):
        count = self._uart.any()
        if not count:
            return 0
        # Never more than is there: a driver that waits for the rest would hold up the other ports.
        return self._uart.readinto(chunk, count if count < len(chunk) else len(chunk)) or 0

    def write(self, data, at, count):
        return self._uart.write(data, at, count) or 0


class UsbPort(Port):
    """The second USB serial port. While nobody has it open, what would be written is thrown away."""

    def __init__(self, cdc):
        self._cdc = cdc

    def readinto(self, chunk):
        return self._cdc.readinto(chunk) or 0

    def write(self, data, at, count):
        if not self._cdc.is_open():
            return count
        return self._cdc.write(memoryview(data)[at : at + count]) or 0


class ConsolePort(Port):
    """The console's port. Its driver waits for as many bytes as it is asked for, so it is asked for one at a time."""

    PIECE = 64

    def __init__(self):
        micropython.kbd_intr(-1)  # 0x03 is a byte like any other now
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        self._byte = bytearray(1)

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
        count = count if count < self.PIECE else self.PIECE
        return self._out.write(data, at, count) or 0


class CardFile(BlockFile):
    """A file on a card that is mounted with the first use."""

    def __init__(self, path, blocks, mount):
        BlockFile.__init__(self, path, blocks)
        self._mount = mount

    def _opened(self):
        if self._file is None:
            self._mount()
        return BlockFile._opened(self)


class Mcu:
    """A board; its file says `uart_options`, `watchdog_ms`, `uart_pins`, and how to mount the card."""

    name = "mcu"
    rx_buffer = 8192  # 1.4 s at 57,600 baud: longer than a card stands still
    tx_buffer = 1024
    watchdog_ms = 8000
    uart_pins = {}

    def __init__(self, folder):
        self.folder = folder
        self.files = Files(folder)
        self._watchdog = None
        self._stop = self._button = None
        self._active_low = True
        self._lights = {}

    def uart_options(self):
        return {"rxbuf": self.rx_buffer, "txbuf": self.tx_buffer, "timeout": 0}

    def ports(self, config):
        stop = config["emergency_stop"]
        self._active_low = stop["active_low"]
        self._stop = self._input(stop["pin"])
        self._button = self._input(stop["button_pin"])
        for name, pin in config["lights"].items():
            if pin >= 0:
                self._lights[name] = machine.Pin(pin, machine.Pin.OUT)
        return [self._port(port, i) for i, port in enumerate([config["laptop"]] + config["radios"])]

    def _input(self, pin):
        if pin < 0:
            return None
        return machine.Pin(
            pin, machine.Pin.IN, machine.Pin.PULL_UP if self._active_low else machine.Pin.PULL_DOWN
        )

    def _port(self, settings, i):
        parts = settings["port"].split(":")
        if parts[0] == "default":
            parts = ["console"] if i == 0 else ["uart", str(i - 1)]
        if parts[0] == "console":
            return ConsolePort()
        if parts[0] == "usb":
            return UsbPort(second_usb_port())
        if parts[0] != "uart" or len(parts) not in (2, 4):
            raise ValueError("port " + settings["port"] + ": must be uart:N, uart:N:TX:RX, usb or console")
        number = int(parts[1])
        options = self.uart_options()
        pins = [int(pin) for pin in parts[2:]] if len(parts) == 4 else self.uart_pins.get(number)
        if pins:
            options["tx"] = machine.Pin(pins[0])
            options["rx"] = machine.Pin(pins[1])
        return UartPort(machine.UART(number, settings["baud"], **options))

    def store(self, config):
        recorder = config["recorder"]
        if not recorder["path"]:
            return None
        try:
            self.mount_card()
        except OSError:
            pass  # the recorder looks for it again
        return CardFile(recorder["path"], recorder["blocks"], self.mount_card)

    def mount_card(self):
        """Mount the card at /sd. OSError if there is none."""

    def utc_us(self):
        return 0  # no clock that outlives the power: the time comes from the laptop or the aircraft

    def temperature_c(self):
        """Of the processor; a board's file says how. None where it cannot be read."""

    def pressed(self):
        """The emergency stop."""
        return self._is_down(self._stop)

    def confirmed(self):
        """The button that is held to confirm."""
        return self._is_down(self._button)

    def _is_down(self, pin):
        return pin is not None and bool(pin.value()) != self._active_low

    def light(self, name, lit):
        pin = self._lights.get(name)
        if pin:
            pin.value(1 if lit else 0)

    def feed_watchdog(self):
        """The first feeding starts it: from then on it cannot be stopped."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=self.watchdog_ms)
        self._watchdog.feed()

    def rest(self):
        time.sleep_ms(1)

    def reboot(self):
        machine.reset()


def second_usb_port():
    """A serial port beside the console's, from the package `usb-device-cdc`."""
    import usb.device
    from usb.device.cdc import CDCInterface

    cdc = CDCInterface(timeout=0, txbuf=1024, rxbuf=1024)
    usb.device.get().init(cdc, builtin_driver=True)
    return cdc
