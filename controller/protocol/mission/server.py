"""Server of the mission protocol: uploads, downloads, clearing, and the current item.

Differences between autopilots are data (`MissionBehavior`); the owner validates items (`validate`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from controller.protocol.message_fields import count_of, is_addressed_to, with_known_fields
from controller.protocol.mission.behavior import MissionBehavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.store import MissionStore
from controller.protocol.mission.wire import (
    ACCEPTED,
    ALL,
    CANCELLED,
    DENIED,
    ERROR,
    FENCE,
    INVALID_SEQUENCE,
    MISSION,
    NO_SPACE,
    RALLY,
    UNSUPPORTED,
    item_from,
    item_message,
)
from controller.protocol.state_machine import StateMachine
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_SEVERITY
from controller.wire.message import Message

SEVERITY_WARNING = int(MAV_SEVERITY.WARNING)


@dataclass(slots=True)
class _Upload:
    """Upload in progress."""

    peer: Address
    seq: int
    last: int
    received_at_s: float
    requested_at_s: float
    items: list[MissionItem] = field(default_factory=list)
    partial: bool = False
    current: int | None = None


@dataclass(slots=True)
class _Download:
    """Download in progress, for autopilots that keep track of it."""

    peer: Address
    next_seq: int
    received_at_s: float


class MissionService(StateMachine[None]):
    """Serves the lists of `stores` (by MAV_MISSION_TYPE) as `own_address`. Never ends.

    `validate(item, seq)` returns the MAV_MISSION_RESULT of an uploaded item, `validate_list(items, kind)` that of a
    complete list. `home()` returns item 0 of the mission if `behavior` has a home item. `set_current(seq)` changes the
    current item and returns whether it did. `say(text)` sends a status text of `behavior`.
    """

    def __init__(
        self,
        own_address: Address,
        stores: Mapping[int, MissionStore],
        behavior: MissionBehavior,
        *,
        validate: Callable[[MissionItem, int], int] = lambda item, seq: ACCEPTED,  # noqa: ARG005
        validate_list: Callable[[Sequence[MissionItem], int], int] = lambda items, kind: ACCEPTED,  # noqa: ARG005
        say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
        max_items: int = 10_000,
        home: Callable[[], MissionItem] | None = None,
        set_current: Callable[[int], bool] | None = None,
    ) -> None:
        super().__init__()
        self.own_address = own_address
        self.stores = dict(stores)
        self.behavior = behavior
        self.max_items = max_items
        self.current_seq = 0
        self._validate = validate
        self._validate_list = validate_list
        self._say_text = say
        self._home = home
        self._set_current = set_current
        self._uploads: dict[int, _Upload] = {}
        self._downloads: dict[int, _Download] = {}
        self._ended: dict[int, tuple[Address, int]] = {}

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if not message.name.startswith("MISSION_") or not is_addressed_to(message, self.own_address):
            return []
        answer = self._answer(message, source, now)
        self._set_deadline()
        return answer

    def tick(self, now: float) -> list[Message]:
        answer: list[Message] = []
        times = self.behavior.timing
        for kind, upload in list(self._uploads.items()):
            if now >= upload.received_at_s + times.mission_give_up_s:
                del self._uploads[kind]
                self._say("timeout")
                if self.behavior.sends_cancelled:
                    answer.append(self._ack(upload.peer, kind, CANCELLED))
            elif now >= upload.requested_at_s + times.mission_rerequest_s:
                answer.append(self._request(upload, kind, now))
        for kind, download in list(self._downloads.items()):
            if now >= download.received_at_s + times.mission_give_up_s:
                del self._downloads[kind]
        self._set_deadline()
        return answer

    def current(self) -> Message:
        """Return the current MISSION_CURRENT, for streaming."""
        ids = {
            name: self._id_of(kind)
            for name, kind in (("mission_id", MISSION), ("fence_id", FENCE), ("rally_points_id", RALLY))
            if kind in self.stores
        }
        total = len(self.stores[MISSION].items) if MISSION in self.stores else 0
        return with_known_fields(m.MISSION_CURRENT, seq=self.current_seq, total=total, **ids)

    def _set_deadline(self) -> None:
        times = self.behavior.timing
        dues = [
            min(
                upload.requested_at_s + times.mission_rerequest_s,
                upload.received_at_s + times.mission_give_up_s,
            )
            for upload in self._uploads.values()
        ]
        dues += [download.received_at_s + times.mission_give_up_s for download in self._downloads.values()]
        self.deadline = min(dues, default=None)

    def _answer(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name == "MISSION_SET_CURRENT":
            return self._set_current_item(message.seq)
        kind = getattr(message, "mission_type", None)
        if kind is None:
            return []
        if message.name == "MISSION_CLEAR_ALL":
            return self._clear(kind, source)
        if kind == ALL and message.name == "MISSION_REQUEST_LIST" and self.behavior.counts_all_as_none:
            return [self._count_message(kind, source, 0)]
        if kind not in self.stores:
            if message.name in ("MISSION_ACK", "MISSION_CURRENT", "MISSION_ITEM_REACHED"):
                return []
            return [self._ack(source, kind, UNSUPPORTED)]
        match message.name:
            case "MISSION_COUNT":
                return self._count(message, kind, source, now)
            case "MISSION_WRITE_PARTIAL_LIST" if self.behavior.partial_write:
                return self._write_partial(message, kind, source, now)
            case "MISSION_ITEM_INT" | "MISSION_ITEM":
                return self._item(message, kind, source, now)
            case "MISSION_REQUEST_LIST":
                return self._list(kind, source, now)
            case "MISSION_REQUEST_PARTIAL_LIST" if self.behavior.partial_read:
                return self._list_partial(message, kind, source)
            case "MISSION_REQUEST_INT" | "MISSION_REQUEST":
                return self._send_item(message, kind, source, now)
            case "MISSION_ACK":
                self._peer_acknowledges(message, kind, source)
        return []

    # -- uploads

    def _count(self, message: Message, kind: int, source: Address, now: float) -> list[Message]:
        running = self._uploads.get(kind)
        if running is not None:
            if running.peer != source:
                return [self._ack(source, kind, DENIED if self.behavior.restarts_on_count else ERROR)]
            if not self.behavior.restarts_on_count:
                if running.seq == 0:
                    return [self._request(running, kind, now)]
                return [self._ack(source, kind, ERROR)]
            del self._uploads[kind]
        elif self.behavior.sequential_only and (self._uploads or self._downloads):
            self._say("busy")
            return [self._ack(source, kind, ERROR)]
        if count_of(message) > self.max_items:
            return [self._ack(source, kind, NO_SPACE)]
        if kind not in self.behavior.atomic_types:
            self.stores[kind].replace(self.stores[kind].items[: count_of(message)])
        if count_of(message) == 0:
            self.stores[kind].replace(())
            return [self._ack(source, kind, ACCEPTED)]
        return self._begin(_Upload(source, 0, count_of(message) - 1, now, now), kind, now)

    def _write_partial(self, message: Message, kind: int, source: Address, now: float) -> list[Message]:
        running = self._uploads.get(kind)
        if running is not None and running.peer != source:
            return [self._ack(source, kind, DENIED)]
        items = self.stores[kind].items
        first, last = message.start_index, message.end_index
        if not 0 <= first <= len(items) or not first <= last <= len(items):
            return [self._ack(source, kind, ERROR)]
        upload = _Upload(source, first, last, now, now, items=list(items), partial=True)
        return self._begin(upload, kind, now)

    def _begin(self, upload: _Upload, kind: int, now: float) -> list[Message]:
        self._ended.pop(kind, None)
        self._uploads[kind] = upload
        return [self._request(upload, kind, now)]

    def _item(self, message: Message, kind: int, source: Address, now: float) -> list[Message]:
        upload = self._uploads.get(kind)
        if upload is None:
            if self.behavior.repeats_last_ack and self._ended.get(kind) == (source, message.seq):
                return [self._ack(source, kind, ACCEPTED)]
            return [self._ack(source, kind, ERROR)]
        if message.seq != upload.seq:
            return [self._ack(source, kind, INVALID_SEQUENCE)] if self.behavior.rejects_unrequested else []
        if source != upload.peer:
            return [self._ack(source, kind, DENIED)]
        item = item_from(message)
        result = self._validate(item, message.seq)
        if result != ACCEPTED:
            del self._uploads[kind]
            self._say("refused")
            return [self._ack(source, kind, result)]
        if message.current == 1 and self.behavior.heeds_current:
            upload.current = message.seq
        upload.items[message.seq : message.seq + 1] = [item]
        if kind not in self.behavior.atomic_types:
            store = self.stores[kind]
            store.replace((*store.items[: message.seq], item, *store.items[message.seq + 1 :]))
        upload.received_at_s = now
        upload.seq += 1
        if upload.seq <= upload.last:
            return [self._request(upload, kind, now)]
        del self._uploads[kind]
        result = self._validate_list(upload.items, kind)
        if result != ACCEPTED:
            return [self._ack(source, kind, result)]
        if kind in self.behavior.atomic_types:
            self._replace(kind, upload)
        self._ended[kind] = (source, message.seq)
        return [self._ack(source, kind, ACCEPTED)]

    def _replace(self, kind: int, upload: _Upload) -> None:
        store = self.stores[kind]
        if not (self.behavior.ignores_same_list and store.would_equal(upload.items)):
            store.replace(upload.items, current=upload.current)

    def _say(self, name: str) -> None:
        if text := self.behavior.texts.get(name):
            self._say_text(text)

    def _request(self, upload: _Upload, kind: int, now: float) -> Message:
        upload.requested_at_s = now
        cls = m.MISSION_REQUEST if self.behavior.legacy_requests else m.MISSION_REQUEST_INT
        message: Message = cls(
            seq=upload.seq,
            target_system=upload.peer.system,
            target_component=upload.peer.component,
            mission_type=kind,
        )
        return message

    # -- downloads

    def _list(self, kind: int, source: Address, now: float) -> list[Message]:
        if kind in self._uploads:
            return [self._ack(source, kind, DENIED)]
        if self.behavior.sequential_only:
            self._downloads = self._unfinished_downloads()
            if self._uploads or any(
                other != kind or download.peer != source for other, download in self._downloads.items()
            ):
                return []  # PX4 only sends a status text
            self._downloads[kind] = _Download(source, 0, now)
        return [self._count_message(kind, source, len(self.stores[kind].items))]

    def _unfinished_downloads(self) -> dict[int, _Download]:
        """Return the downloads that run. One ends when its last item is sent, whether or not MISSION_ACK arrives."""
        return {
            kind: download
            for kind, download in self._downloads.items()
            if download.next_seq < len(self.stores[kind].items)
        }

    def _list_partial(self, message: Message, kind: int, source: Address) -> list[Message]:
        if kind in self._uploads:
            return [self._ack(source, kind, DENIED)]
        size = len(self.stores[kind].items)
        first, last = message.start_index, message.end_index
        last = size - 1 if last == -1 else last
        if not 0 <= first <= last < size:
            return [self._ack(source, kind, INVALID_SEQUENCE)]
        return [self._count_message(kind, source, last - first + 1)]

    def _send_item(self, message: Message, kind: int, source: Address, now: float) -> list[Message]:
        if kind in self._uploads:
            return [self._ack(source, kind, DENIED)]
        seq = message.seq
        items = self.stores[kind].items
        if self.behavior.sequential_only:
            download = self._downloads.get(kind)
            if download is None or download.peer != source:
                return []  # PX4 ignores it, because some on-screen displays request items without a list
            download.received_at_s = now
            if seq not in (download.next_seq, download.next_seq - 1) or seq >= len(items):
                del self._downloads[kind]
                return [self._ack(source, kind, ERROR)]
            download.next_seq = seq + 1
        if seq >= len(items):
            return [self._ack(source, kind, INVALID_SEQUENCE)]
        item = items[seq]
        if kind == MISSION and seq == 0 and self.behavior.has_home_item and self._home is not None:
            item = self._home()
        home = seq == 0 and self.behavior.has_home_item  # the home item is never current
        current = (
            (kind == MISSION or self.behavior.marks_current_always) and seq == self.current_seq and not home
        )
        as_int = message.name == "MISSION_REQUEST_INT"
        return [item_message(item, seq, source, as_int=as_int, current=current)]

    def _peer_acknowledges(self, message: Message, kind: int, source: Address) -> None:
        download = self._downloads.get(kind)
        if download is not None and download.peer == source:
            del self._downloads[kind]
        upload = self._uploads.get(kind)
        if upload is not None and upload.peer == source and message.type == CANCELLED:
            del self._uploads[kind]

    # -- clearing and the current item

    def _clear(self, kind: int, source: Address) -> list[Message]:
        kinds = list(self.stores) if kind == ALL and self.behavior.clears_all else [kind]
        if any(one not in self.stores for one in kinds):
            return [self._ack(source, kind, UNSUPPORTED)]
        if any(one in self._uploads for one in kinds) or (self.behavior.sequential_only and self._downloads):
            return [self._ack(source, kind, ERROR)]
        for one in kinds:
            self.stores[one].replace(())
        if MISSION in kinds:
            self.current_seq = 0
        return [self._ack(source, kind, ACCEPTED)]

    def _set_current_item(self, seq: int) -> list[Message]:
        known = MISSION in self.stores and seq < len(self.stores[MISSION].items)
        if known and (self._set_current is None or self._set_current(seq)):
            self.current_seq = seq
            return [self.current()]
        text = self.behavior.texts.get("not_in_list", f"Mission item {seq} cannot be made current")
        return [m.STATUSTEXT(severity=SEVERITY_WARNING, text=text)]

    def _id_of(self, kind: int) -> int:
        return self.stores[kind].opaque_id if kind in self.stores and self.behavior.sends_ids else 0

    def _count_message(self, kind: int, peer: Address, count: int) -> Message:
        return with_known_fields(
            m.MISSION_COUNT,
            count=count,
            target_system=peer.system,
            target_component=peer.component,
            mission_type=kind,
            opaque_id=self._id_of(kind),
        )

    def _ack(self, peer: Address, kind: int, result: int) -> Message:
        mark = self._id_of(kind) if result == ACCEPTED else 0
        return with_known_fields(
            m.MISSION_ACK,
            target_system=peer.system,
            target_component=peer.component,
            type=result,
            mission_type=kind,
            opaque_id=mark,
        )
