# mypy: ignore-errors
"""Board driver for a Linux computer with MicroPython's unix port: pseudo-terminals, serial ports and UDP.

    serial:/dev/ttyUSB0   pty:/path/of/terminal
    udpout:HOST:PORT (sends first)   udpin:HOST:PORT (answers the sender of received datagrams)

A lost terminal is reopened within half a second. Do not start the box as a session leader: the first terminal opened
would become its controlling terminal, and a hang-up there would end the box. On a reboot command the process ends
with exit code 75, and its parent starts it again, as `landline box run` does.
"""

import os
import select
import socket
import sys
import termios
import time

from firmware.box import Port
from firmware.core.blockfile import BlockFile
from firmware.core.compat import const
from firmware.core.files import Files
from firmware.core.ticks import MASK, clamp_past, diff
from firmware.mavlite.hot import copy

VTIME = const(5)
VMIN = const(6)
REOPEN_MS = const(500)
# A terminal with any room takes this much without blocking (Linux allots its buffers in such pieces).
PIECE = const(256)
FORGET_PEER_MS = const(5000)
DATAGRAM = const(2048)
TELL_MS = const(1000)
RESTART = 75  # the exit code that asks to be started again


class Poller:
    """What may be read, of all ports, for the wait when nothing moves."""

    def __init__(self):
        self._poll = select.poll()

    def add(self, stream):
        self._poll.register(stream, select.POLLIN)

    def remove(self, stream):
        self._poll.unregister(stream)

    def wait(self, timeout_ms):
        for _ in self._poll.ipoll(timeout_ms):
            return


class Terminal(Port):
    """A serial port or pseudo-terminal."""

    def __init__(self, path, baud, poller):
        self.path = path
        self._speed = getattr(termios, "B" + str(baud))
        self._poller = poller
        self._poll = select.poll()
        self._stream = None
        self._lost_ms = 0
        self._tried = False
        self.opened = 0

    def _open(self):
        stream = open(self.path, "r+b", 0)
        number = stream.fileno()
        termios.setraw(number)
        settings = termios.tcgetattr(number)
        settings[4] = settings[5] = self._speed
        # MicroPython reads until it has all it asked for; so the terminal has to say at once that there is no more.
        settings[6][VTIME] = settings[6][VMIN] = 0
        termios.tcsetattr(number, termios.TCSANOW, settings)
        self._stream = stream
        self._poll.register(stream, select.POLLIN | select.POLLOUT)
        self._poller.add(stream)
        self.opened += 1

    def _lose(self):
        self._poll.unregister(self._stream)
        self._poller.remove(self._stream)
        self._stream.close()
        self._stream = None

    def close(self):
        if self._stream:
            self._lose()

    def tick(self, now_ms):
        self._lost_ms = clamp_past(self._lost_ms, now_ms, REOPEN_MS)
        if self._stream or (self._tried and diff(now_ms, self._lost_ms) < REOPEN_MS):
            return
        self._tried = True
        self._lost_ms = now_ms
        try:
            self._open()
        except OSError:
            pass

    def _events(self):
        for ready in self._poll.ipoll(0):
            return ready[1]
        return 0

    def readinto(self, chunk):
        if not self._stream:
            return 0
        events = self._events()
        try:
            if events & select.POLLIN:
                return self._stream.readinto(chunk) or 0
            if events & (select.POLLHUP | select.POLLERR):
                self._lose()
        except OSError:
            self._lose()
        return 0

    def write(self, data, at, count):
        if not self._stream or not self._events() & select.POLLOUT:
            return 0
        try:
            return self._stream.write(data, at, count if count < PIECE else PIECE) or 0
        except OSError:
            self._lose()
            return 0


class Datagrams(Port):
    """UDP. A listening one takes the first sender for its peer, until that has been silent for five seconds."""

    def __init__(self, address, listen, poller):
        self._address = address
        self._listen = listen
        self._poller = poller
        self._heard_ms = 0
        self._now_ms = 0
        self._socket = None
        self._datagram = bytearray(DATAGRAM)
        self._at = self._end = 0
        self._open()

    def close(self):
        if self._socket:
            self._poller.remove(self._socket)
            self._socket.close()
            self._socket = None

    def _open(self):
        self.close()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        self._connected = not self._listen
        if self._listen:
            self._socket.bind(self._address)
        else:
            self._socket.connect(self._address)
        self._poller.add(self._socket)

    def tick(self, now_ms):
        self._now_ms = now_ms
        if self._listen and self._connected and diff(now_ms, self._heard_ms) > FORGET_PEER_MS:
            self._open()

    def readinto(self, chunk):
        if self._at == self._end:
            self._at = 0
            self._end = self._receive()
        count = self._end - self._at
        if count > len(chunk):
            count = len(chunk)
        copy(chunk, 0, self._datagram, self._at, count)
        self._at += count
        return count

    def _receive(self):
        try:
            if self._connected:
                count = self._socket.readinto(self._datagram) or 0
            else:
                data, peer = self._socket.recvfrom(DATAGRAM)
                self._socket.connect(peer)
                self._connected = True
                count = len(data)
                self._datagram[:count] = data
        except OSError:  # no device, or no listener at the other end
            return 0
        if count:
            self._heard_ms = self._now_ms
        return count

    def write(self, data, at, count):
        if not self._connected:
            return count  # no receiver: the data is lost, as on a radio
        try:
            return self._socket.write(data, at, count) or 0
        except OSError:
            return count


def open_port(settings, poller):
    """Raises ValueError for a port that this computer has not; one that is only gone is waited for."""
    port = settings["port"]
    kind, _, rest = port.partition(":")
    if kind in ("udpin", "udpout"):
        host, _, number = rest.rpartition(":")
        try:
            address = socket.getaddrinfo(host, int(number))[0][-1]
        except OSError:
            raise ValueError("port " + port + ": there is no such host") from None
        try:
            return Datagrams(address, kind == "udpin", poller)
        except OSError as error:
            raise ValueError("port " + port + ": cannot be opened: " + str(error)) from None
    if kind in ("pty", "serial"):
        return Terminal(rest, settings["baud"], poller)
    raise ValueError("port " + port + ": a computer has serial:, pty:, udpin: and udpout:")


class Board:
    name = "unix"

    def __init__(self, folder):
        self.folder = folder
        self.files = Files(folder)
        self._poller = Poller()
        self._watched = os.getenv("LANDLINE_BOX_WATCHED") is not None
        self._told_ms = time.ticks_ms() & MASK

    def ports(self, config):
        ports = []
        try:
            for port in [config["laptop"]] + config["radios"]:
                ports.append(open_port(port, self._poller))
        except ValueError:
            for port in ports:  # what was opened must not keep other settings from having it
                port.close()
            raise
        return ports

    def store(self, config):
        recorder = config["recorder"]
        return BlockFile(recorder["path"], recorder["blocks"]) if recorder["path"] else None

    def utc_us(self):
        """Return the system time in microseconds since 1970."""
        return time.time_ns() // 1000

    def temperature_c(self):
        """Return the processor temperature in degrees Celsius; None if the system has no sensor."""
        try:
            with open("/sys/class/thermal/thermal_zone0/temp") as file:
                return int(file.read()) // 1000
        except (OSError, ValueError):
            return None

    def pressed(self):
        return False

    def confirmed(self):
        return False

    def light(self, name, lit):
        pass

    def feed_watchdog(self):
        """Print an empty line a second for the parent process, in place of a hardware watchdog."""
        if self._watched and diff(time.ticks_ms() & MASK, self._told_ms) >= TELL_MS:
            self._told_ms = time.ticks_ms() & MASK
            try:
                print()
            except OSError:  # the parent is gone: continue without it
                self._watched = False

    def allow_interrupt(self, may):
        """Do nothing: the console is the user's terminal."""

    def rest(self):
        self._poller.wait(2)

    def reboot(self):
        sys.exit(RESTART)
