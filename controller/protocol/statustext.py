"""Status texts that are longer than one STATUSTEXT: cut into pieces of 50 bytes, and joined again.

Pieces share an `id` (0: a text of one piece) and count up in `chunk_seq`; a piece that is not full is the last. PX4 ends
texts with a tab where a matching EVENT goes out as well; it is no part of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import STATUSTEXT_TIMEOUT_S
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

CHUNK_BYTES = 50
MAX_CHUNKS = 255
LOST_CHUNK = "[...]"


@dataclass(frozen=True, slots=True)
class StatusText:
    """One whole text. `complete` is False where pieces were lost (shown as [...])."""

    source: Address
    severity: int  # MAV_SEVERITY
    text: str
    complete: bool = True


@dataclass(slots=True)
class _Pieces:
    severity: int
    heard_at_s: float
    by_number: dict[int, str] = field(default_factory=dict)

    def length(self) -> int | None:
        """How many pieces there are, None while the last has not come."""
        short = [number for number, piece in self.by_number.items() if _bytes(piece) < CHUNK_BYTES]
        return min(short) + 1 if short else None

    def complete(self) -> bool:
        length = self.length()
        return length is not None and all(number in self.by_number for number in range(length))

    def text(self) -> str:
        length = self.length() or max(self.by_number) + 2
        return "".join(self.by_number.get(number, LOST_CHUNK) for number in range(length))


class StatusTextAssembler(StateMachine[None]):
    """Joins the pieces; `texts()` gives what has become whole since the last call. Sends nothing, never ends.

    A text whose missing pieces have not come within two seconds is given out as far as it is known.
    """

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[tuple[Address, int], _Pieces] = {}
        self._texts: list[StatusText] = []
        self._given_out: dict[tuple[Address, int], _Pieces] = {}

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "STATUSTEXT":
            return []
        if message.id == 0:
            self._texts.append(StatusText(source, message.severity, without_trailing_space(message.text)))
            return []
        key = (source, message.id)
        old = self._given_out.get(key)
        if (
            old is not None
            and now < old.heard_at_s + STATUSTEXT_TIMEOUT_S
            and old.by_number.get(message.chunk_seq) == message.text
        ):
            return []  # a late copy
        pieces = self._open.get(key)
        if pieces is not None and pieces.by_number.get(message.chunk_seq, message.text) != message.text:
            self._give_out(key)  # the number is in use for another text already
            pieces = None
        if pieces is None:
            pieces = self._open[key] = _Pieces(message.severity, now)
        pieces.by_number[message.chunk_seq] = message.text
        pieces.heard_at_s = now
        if pieces.complete():
            self._give_out(key)
        self._set_deadline()
        return []

    def tick(self, now: float) -> list[Message]:
        for key, pieces in list(self._open.items()):
            if now >= pieces.heard_at_s + STATUSTEXT_TIMEOUT_S:
                self._give_out(key)
        self._set_deadline()
        return []

    def texts(self) -> list[StatusText]:
        """Texts since the last call, in the order in which they became whole."""
        taken, self._texts = self._texts, []
        return taken

    def _give_out(self, key: tuple[Address, int]) -> None:
        pieces = self._open.pop(key)
        self._given_out = {
            other: old
            for other, old in self._given_out.items()
            if pieces.heard_at_s < old.heard_at_s + STATUSTEXT_TIMEOUT_S
        }
        self._given_out[key] = pieces
        self._texts.append(
            StatusText(key[0], pieces.severity, without_trailing_space(pieces.text()), pieces.complete())
        )

    def _set_deadline(self) -> None:
        times = [pieces.heard_at_s + STATUSTEXT_TIMEOUT_S for pieces in self._open.values()]
        self.deadline = min(times, default=None)


def without_trailing_space(text: str) -> str:
    """Without PX4's tab and other white space at the end."""
    return text.rstrip()


def statustext_messages(text: str, severity: int, text_id: int) -> list[Message]:
    """`text` as STATUSTEXT messages. `text_id` (1 to 65535) must differ from that of the last long text."""
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) <= CHUNK_BYTES:
        return [_piece(raw, severity, 0, 0)]
    cut = [raw[at : at + CHUNK_BYTES] for at in range(0, len(raw), CHUNK_BYTES)][:MAX_CHUNKS]
    if len(cut[-1]) == CHUNK_BYTES:
        cut.append(b"")  # a full piece is never the last
    return [_piece(piece, severity, text_id, number) for number, piece in enumerate(cut)]


def _piece(raw: bytes, severity: int, text_id: int, number: int) -> Message:
    piece: Message = m.STATUSTEXT(
        severity=severity, text=raw.decode("utf-8", "surrogateescape"), id=text_id, chunk_seq=number
    )
    return piece


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
