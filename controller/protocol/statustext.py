"""Status texts longer than one STATUSTEXT: splitting into chunks of 50 bytes, and assembling them.

Chunks share an `id` and count up in `chunk_seq`; a chunk that is not full is the last. MAVLink reserves id 0 for a text
of one chunk, but PX4 counts its ids from 0, so its first text after boot may come in several chunks with id 0. A full
chunk with id 0 is therefore held back until its next chunk or another text comes, or half a second has passed.

PX4 ends a text with a tab if it sends a matching EVENT too. The tab is removed, and it ends a text even where its chunk
is full.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import STATUSTEXT_ID_0_TIMEOUT_S, STATUSTEXT_TIMEOUT_S
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

CHUNK_BYTES = 50
MAX_CHUNKS = 255
LOST_CHUNK = "[...]"
_EVENT_TAB = "\t"


@dataclass(frozen=True, slots=True)
class StatusText:
    """Assembled text. `complete` is False if chunks were lost (shown as [...]).

    `is_event` is True if the sender sends the same words as an EVENT too.
    """

    source: Address
    severity: int  # MAV_SEVERITY
    text: str
    complete: bool = True
    is_event: bool = False


@dataclass(slots=True)
class _Chunks:
    severity: int
    received_at_s: float
    text_id: int = 1
    by_number: dict[int, str] = field(default_factory=dict)

    @property
    def overdue_at_s(self) -> float:
        """Time after which no further chunk is waited for."""
        wait_s = STATUSTEXT_TIMEOUT_S if self.text_id else STATUSTEXT_ID_0_TIMEOUT_S
        return self.received_at_s + wait_s

    def length(self) -> int | None:
        """Return the number of chunks, None before the last one arrived."""
        last = [number for number, chunk in self.by_number.items() if _is_last(chunk)]
        return min(last) + 1 if last else None

    def end(self) -> None:
        """Take a lone full chunk with id 0 as the whole text, as MAVLink says."""
        if self.text_id == 0 and list(self.by_number) == [0]:
            self.by_number[1] = ""

    def complete(self) -> bool:
        length = self.length()
        return length is not None and all(number in self.by_number for number in range(length))

    def text(self) -> str:
        length = self.length() or max(self.by_number) + 2
        return "".join(self.by_number.get(number, LOST_CHUNK) for number in range(length))


class StatusTextAssembler(StateMachine[None]):
    """Assembles chunks to texts; `texts()` returns the texts since the last call. Sends nothing, never ends.

    A text with missing chunks is returned incomplete after two seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[tuple[Address, int], _Chunks] = {}
        self._texts: list[StatusText] = []
        self._emitted: dict[tuple[Address, int], _Chunks] = {}

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "STATUSTEXT":
            return []
        if message.id == 0 and message.chunk_seq == 0 and _is_last(message.text):
            self._end_id_0(source)
            self._texts.append(_status_text(source, message.severity, message.text, complete=True))
            self._set_deadline()
            return []
        key = (source, message.id)
        old = self._emitted.get(key)
        if (
            old is not None
            and (message.id, message.chunk_seq) != (0, 0)  # which begins a new text
            and now < old.received_at_s + STATUSTEXT_TIMEOUT_S
            and old.by_number.get(message.chunk_seq) == message.text
        ):
            return []  # a late copy
        chunks = self._open.get(key)
        if chunks is not None and chunks.by_number.get(message.chunk_seq, message.text) != message.text:
            self._emit(key)  # the number is in use for another text already
            chunks = None
        if message.id != 0:
            self._end_id_0(source)
        if chunks is None:
            chunks = self._open[key] = _Chunks(message.severity, now, message.id)
        chunks.by_number[message.chunk_seq] = message.text
        chunks.received_at_s = now
        if chunks.complete():
            self._emit(key)
        self._set_deadline()
        return []

    def tick(self, now: float) -> list[Message]:
        for key, chunks in list(self._open.items()):
            if now >= chunks.overdue_at_s:
                self._emit(key)
        self._set_deadline()
        return []

    def texts(self) -> list[StatusText]:
        """Return the texts assembled since the last call, in the order of completion."""
        taken, self._texts = self._texts, []
        return taken

    def _end_id_0(self, source: Address) -> None:
        """End the text with id 0 of `source`: the chunks of one text are sent one directly after the other."""
        if (source, 0) in self._open:
            self._emit((source, 0))

    def _emit(self, key: tuple[Address, int]) -> None:
        chunks = self._open.pop(key)
        chunks.end()
        self._emitted = {
            other: old
            for other, old in self._emitted.items()
            if chunks.received_at_s < old.received_at_s + STATUSTEXT_TIMEOUT_S
        }
        self._emitted[key] = chunks
        self._texts.append(_status_text(key[0], chunks.severity, chunks.text(), complete=chunks.complete()))

    def _set_deadline(self) -> None:
        times = [chunks.overdue_at_s for chunks in self._open.values()]
        self.deadline = min(times, default=None)


def _status_text(source: Address, severity: int, text: str, *, complete: bool) -> StatusText:
    return StatusText(source, severity, text.rstrip(), complete, text.endswith(_EVENT_TAB))


def _is_last(chunk: str) -> bool:
    return _size(chunk) < CHUNK_BYTES or chunk.endswith(_EVENT_TAB)


def statustext_messages(text: str, severity: int, text_id: int) -> list[Message]:
    """Return `text` as STATUSTEXT messages. `text_id` (1 to 65535) must differ from that of the last long text."""
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) <= CHUNK_BYTES:
        return [_chunk(raw, severity, 0, 0)]
    cut = [raw[at : at + CHUNK_BYTES] for at in range(0, len(raw), CHUNK_BYTES)][:MAX_CHUNKS]
    if len(cut[-1]) == CHUNK_BYTES:
        cut.append(b"")  # a full chunk is never the last
    return [_chunk(chunk, severity, text_id, number) for number, chunk in enumerate(cut)]


def _chunk(raw: bytes, severity: int, text_id: int, number: int) -> Message:
    chunk: Message = m.STATUSTEXT(
        severity=severity, text=raw.decode("utf-8", "surrogateescape"), id=text_id, chunk_seq=number
    )
    return chunk


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
