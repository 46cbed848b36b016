"""Serial ports: asynchronous on Linux and macOS, with a thread on Windows."""

from __future__ import annotations

import asyncio
import errno
import sys
import threading
from typing import TYPE_CHECKING, Any

from controller.errors import LinkError
from controller.guard.policy import EndpointPolicy, EndpointRefused
from controller.link.base import LinkInfo
from controller.link.tcp import StreamLink, StreamProtocol
from controller.link.url import LinkUrl

if TYPE_CHECKING:
    import serial

_POLL_S = 0.1


def ports() -> list[str]:
    """Return the serial ports of this machine."""
    from serial.tools import list_ports

    return sorted(port.device for port in list_ports.comports())


def serial_error(error: Exception, *, device: str, where: str) -> LinkError:
    """Return the error of a serial port that failed to open."""
    text = str(error)
    number = getattr(error, "errno", None)
    if number == errno.ENOENT or "FileNotFoundError" in text:
        available = ports()
        hint = (
            f"use one of {', '.join(available)}"
            if available
            else "check the cable: this machine has no serial port"
        )
        return LinkError(f"cannot open {device}: no such serial port", where=where, hint=hint)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in text or "Access is denied" in text:
        return LinkError(
            f"cannot open {device}: another program uses it",
            where=where,
            hint="close it (another ground station?)",
        )
    if number in (errno.EACCES, errno.EPERM) or "PermissionError" in text:
        if sys.platform == "linux":
            hint = "join its group: sudo usermod -aG dialout $USER (uucp on Arch), then log in again"
        else:
            hint = "close other programs that use it"
        return LinkError(f"cannot open {device}: permission denied", where=where, hint=hint)
    if number in (errno.ENOTTY, errno.EINVAL, errno.ENODEV) or "Could not configure" in text:
        return LinkError(
            f"cannot open {device}: not a serial port, or baud rate not supported",
            where=where,
            hint="check device and baud rate",
        )
    return LinkError(f"cannot open {device}: {text}", where=where)


class SerialLink(StreamLink):
    """One connection to a serial port. It ends when the cable is pulled; `SupervisedLink` opens a new one."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy) -> None:
        super().__init__(url)
        self._policy = policy
        self._threads: _Threads | None = None

    @property
    def info(self) -> LinkInfo:
        return LinkInfo(self.where, "serial", self._url.path)

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        stream = StreamProtocol(self)
        try:
            brokered = await self._policy.opener.open_serial(self._url.path, self._url.baud)
        except EndpointRefused:
            raise
        except OSError as error:
            raise serial_error(error, device=self._url.path, where=self.where) from None
        if brokered is not None:
            await loop.create_connection(lambda: stream, sock=brokered)
            return
        import serial

        try:
            # Exclusive: two programs on one port would each get half of the bytes.
            port = serial.Serial(
                self._url.path,
                self._url.baud,
                exclusive=True if sys.platform != "win32" else None,
                timeout=0,
                write_timeout=0,
            )
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise serial_error(error, device=self._url.path, where=self.where) from None
        if sys.platform == "win32":
            self._threads = _Threads(port, stream, loop)
        else:
            import serial_asyncio_fast

            serial_asyncio_fast.SerialTransport(loop, stream, port)
            await stream.made.wait()  # in the loop's next turn

    async def close(self) -> None:
        if self._threads is not None:
            self._threads.close()
            self._threads = None
        await super().close()


class _Threads(asyncio.Transport):
    """Blocking port as an asyncio transport: a thread reads; writes go to the driver directly."""

    def __init__(
        self, port: serial.Serial, protocol: StreamProtocol, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__()
        self._port = port
        self._protocol = protocol
        self._loop = loop
        self._closing = False
        port.timeout = _POLL_S
        protocol.connection_made(self)
        self._thread = threading.Thread(target=self._read, name=f"serial {port.port}", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        lost: Exception | None = None
        while not self._closing:
            try:
                data = self._port.read(max(1, self._port.in_waiting))
            except (OSError, TypeError) as error:  # TypeError: closed during the read
                lost = error
                break
            if data:
                self._call_soon(self._protocol.data_received, data)
        self._call_soon(self._protocol.connection_lost, None if self._closing else lost)

    def _call_soon(self, call: Any, argument: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, argument)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        try:
            self._port.write(bytes(data))
        except OSError as error:
            self._closing = True
            self._protocol.connection_lost(error)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Do nothing: the driver has the only buffer."""

    def pause_reading(self) -> None:
        """Do nothing: a serial line has no flow control here; the receive queue drops the oldest data."""

    def resume_reading(self) -> None:
        """Do nothing: reading is never paused."""

    def abort(self) -> None:
        self.close()

    def close(self) -> None:
        self._closing = True
        self._thread.join(timeout=4 * _POLL_S)
        self._port.close()
