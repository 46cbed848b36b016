"""Signing on one link: what leaves is signed, and what arrives unsigned, forged or repeated is refused (unless signed up only).

A forwarded frame is signed again with this link's key: a signature belongs to the link, not to the message.
"""

from __future__ import annotations

from pathlib import Path

from controller.clock import Clock
from controller.errors import UserError
from controller.link.base import Link, LinkInfo
from controller.wire import dialect
from controller.wire.crc import checksum
from controller.wire.frame import Frame
from controller.wire.frame_format import SIGNATURE_LENGTH, SIGNED, V1_MAGIC
from controller.wire.framer import Framer
from controller.wire.signing import KEY_LENGTH, Signer, Verifier, ticks_from_utc_us

# Sent by the radio itself, which has no key (mavlink.io, "Accepting unsigned packets").
UNSIGNED_ALLOWED = frozenset({109})  # RADIO_STATUS


class KeyFile:
    """`NAME.key` (32 bytes, or 64 hexadecimal digits) and beside it `NAME.time`, the newest timestamp used."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.key"
        self._time_path = folder / f"{name}.time"
        try:
            content = self._path.read_bytes()
        except OSError as error:
            there = ", ".join(sorted(path.stem for path in folder.glob("*.key"))) or "none"
            raise UserError(
                f"no signing key '{name}' ({error.strerror})",
                where=str(self._path),
                hint=f"keys there: {there}",
            ) from None
        self.key = self._key(content)
        self.last_ticks = self._last_ticks()

    def _key(self, content: bytes) -> bytes:
        if len(content) == KEY_LENGTH:
            return content
        try:
            key = bytes.fromhex(content.decode("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != KEY_LENGTH:
            raise UserError(
                "this is no signing key",
                where=str(self._path),
                hint=f"a key is {KEY_LENGTH} bytes, or 64 hexadecimal digits",
            )
        return key

    def replace(self, key: bytes) -> None:
        """Put another key into the file, whole or not at all. Raises UserError."""
        new = self._path.with_suffix(".key.new")
        try:
            new.touch(mode=0o600)
            new.write_text(key.hex() + "\n", "ascii")
            new.replace(self._path)
        except OSError as error:
            raise UserError(f"the key cannot be written: {error.strerror}", where=str(self._path)) from None
        self.key = key

    def _last_ticks(self) -> int:
        try:
            return int(self._time_path.read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def remember(self, ticks: int) -> None:
        """Keep the newest timestamp, or a clock set back would make every frame of the next run a replay."""
        if ticks > self.last_ticks:
            self.last_ticks = ticks
            try:
                self._time_path.write_text(str(ticks), "ascii")
            except OSError:
                return  # the clock is right nearly always; a flight is not stopped for this


class SignedLink(Link):
    """`inner`, signed. `refused` counts what arrived and was not believed, `unsigned` what left as it was.

    With `up_only` what arrives is believed as it is: a locked ground box takes nothing unsigned and has no key to sign with itself.
    MAVLink 1 and messages no dialect of ours knows cannot be signed: they leave as they are.
    """

    def __init__(
        self, inner: Link, key: KeyFile, *, link_id: int, clock: Clock, up_only: bool = False
    ) -> None:
        super().__init__()
        self.refused = 0
        self.unsigned = 0
        self._inner = inner
        self._key = key
        self._clock = clock
        self._up_only = up_only
        self._signer = Signer(key.key, link_id=link_id, utc_us=clock.utc_us, last_ticks=key.last_ticks)
        self._verifier = Verifier(key.key, now_ticks=key.last_ticks)
        self._in, self._out = Framer(), Framer()
        inner.watch(self.changed)

    @property
    def info(self) -> LinkInfo:
        return self._inner.info

    async def open(self) -> None:
        await self._inner.open()
        now_ticks = ticks_from_utc_us(self._clock.utc_us())
        self._verifier.now_ticks = max(self._verifier.now_ticks, now_ticks)

    async def close(self) -> None:
        self._key.remember(max(self._signer.last_ticks, self._verifier.now_ticks))
        await self._inner.close()

    async def read(self) -> bytes:
        while chunk := await self._inner.read():
            if self._up_only:
                return chunk
            frames = self._in.feed(chunk)
            believed = [frame.raw for frame in frames if self._believes(frame)]
            self.refused += len(frames) - len(believed)
            if believed:
                return b"".join(believed)
        return b""

    def _believes(self, frame: Frame) -> bool:
        return frame.msg_id in UNSIGNED_ALLOWED or self._verifier.refusal(frame) is None

    async def write(self, data: bytes) -> None:
        for frame in self._out.feed(data):
            await self._inner.write(self._sign(frame))

    def _sign(self, frame: Frame) -> bytes:
        raw = frame.raw
        kind = dialect.by_id(frame.msg_id)
        if raw[0] == V1_MAGIC or kind is None:
            self.unsigned += 1
            return raw
        if frame.signed:
            raw = raw[:-SIGNATURE_LENGTH]
        body = raw[1:2] + bytes((raw[2] | SIGNED,)) + raw[3:-2]
        raw = raw[:1] + body + checksum(body, kind.crc_extra).to_bytes(2, "little")
        return raw + self._signer.signature(raw)
