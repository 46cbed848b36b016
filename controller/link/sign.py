"""MAVLink 2 signing on one link: signs sent frames, and refuses unsigned, forged and replayed ones (unless `up_only`).

A forwarded frame is signed again with this link's key, because a signature belongs to the link, not to the message.
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

# RADIO_STATUS comes from the radio, which has no key (mavlink.io, "Accepting unsigned packets").
UNSIGNED_ALLOWED = frozenset({109})


class KeyFile:
    """Signing key in a folder: `NAME.key` (32 bytes, or 64 hexadecimal digits) and `NAME.time`, the last used
    timestamp.

    Raises UserError for a missing or invalid key.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.key"
        self._time_path = folder / f"{name}.time"
        try:
            content = self._path.read_bytes()
        except OSError as error:
            there = ", ".join(sorted(path.stem for path in folder.glob("*.key"))) or "none"
            raise UserError(
                f"cannot read signing key '{name}': {error.strerror}",
                where=str(self._path),
                hint=f"available keys: {there}",
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
                "invalid signing key",
                where=str(self._path),
                hint=f"a key is {KEY_LENGTH} bytes, or 64 hexadecimal digits",
            )
        return key

    def replace(self, key: bytes) -> None:
        """Replace the key in the file atomically. Raises UserError."""
        new = self._path.with_suffix(".key.new")
        try:
            new.touch(mode=0o600)
            new.write_text(key.hex() + "\n", "ascii")
            new.replace(self._path)
        except OSError as error:
            raise UserError(
                f"cannot write the signing key: {error.strerror}", where=str(self._path)
            ) from None
        self.key = key

    def _last_ticks(self) -> int:
        try:
            return int(self._time_path.read_text("ascii"))
        except (OSError, ValueError):
            return 0

    def store_timestamp(self, ticks: int) -> None:
        """Store the newest timestamp. Without it, every frame is a replay after the clock was set back."""
        if ticks > self.last_ticks:
            self.last_ticks = ticks
            try:
                self._time_path.write_text(str(ticks), "ascii")
            except OSError:
                return  # the clock is nearly always right; do not stop a flight for this


class SignedLink(Link):
    """Wraps the link `inner` with signing. `refused` counts refused incoming frames, `unsigned` frames sent unsigned.

    With `up_only` incoming frames are not verified: a locked ground box accepts only signed frames, but cannot sign.
    MAVLink 1 frames and messages outside our dialects cannot be signed and are sent unchanged.
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
        self._key.store_timestamp(max(self._signer.last_ticks, self._verifier.now_ticks))
        await self._inner.close()

    async def read(self) -> bytes:
        while chunk := await self._inner.read():
            if self._up_only:
                return chunk
            frames = self._in.feed(chunk)
            accepted = [frame.raw for frame in frames if self._accepts(frame)]
            self.refused += len(frames) - len(accepted)
            if accepted:
                return b"".join(accepted)
        return b""

    def _accepts(self, frame: Frame) -> bool:
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
