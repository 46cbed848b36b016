"""Addresses that an aircraft names in its messages and its metadata: metadata, cameras, video, images.

They are text for the operator and for the flight's record. None is opened: where an address leads is the aircraft's
choice, not the operator's. `mftp://` names a file on board, which is read over the link (see `files`); it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from controller.protocol.state_machine import StateMachine
from controller.watchers import Watchers
from controller.wire.address import Address
from controller.wire.message import Message

ON_BOARD = "mftp://"
ADDRESS_FIELDS = {
    "CAMERA_IMAGE_CAPTURED": ("file_url",),
    "CAMERA_INFORMATION": ("cam_definition_uri",),
    "COMPONENT_INFORMATION": ("general_metadata_uri", "peripherals_metadata_uri"),
    "COMPONENT_METADATA": ("uri",),
    "HERELINK_VIDEO_STREAM_INFORMATION": ("uri",),
    "RESOURCE_REQUEST": ("uri",),
    "VIDEO_STREAM_INFORMATION": ("uri",),
}
# An aircraft may name another one with each image.
MOST_ADDRESSES = 30
_MOST_CHARACTERS = 250
_MOST_DEPTH = 8


@dataclass(frozen=True, slots=True)
class NamedAddress:
    """An address, and where the aircraft named it: a message's field, or a key of its metadata."""

    address: str
    where: str

    def __str__(self) -> str:
        return f"{self.address}: named by the aircraft ({self.where}); not opened"


class NamedAddresses(StateMachine[None]):
    """Collects the addresses that any component of an aircraft names, each once; `watch` is told of each.

    At most MOST_ADDRESSES are kept; the last one that is told says that others are not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, NamedAddress] = {}
        self._watchers = Watchers[[str]]()

    def watch(self, watcher: Callable[[str], None]) -> Callable[[], None]:
        """Call `watcher(text)` for each address found so far, and for each new one. Returns what ends the calls."""
        for one in list(self.found.values()):
            watcher(str(one))
        return self._watchers.add(watcher)

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        for field in ADDRESS_FIELDS.get(message.name, ()):
            value = getattr(message, field)
            if isinstance(value, bytes):
                value = value.partition(b"\0")[0].decode("utf-8", "replace")
            self.add(value, f"{message.name}.{field}")
        return []

    def tick(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def add_metadata(self, metadata: Any) -> None:
        """Note the addresses in a metadata file: each text whose key names one, such as "translationUri"."""
        for key, address in _addresses(metadata, _MOST_DEPTH):
            self.add(address, f"{key} in its metadata")

    def add(self, address: str, where: str) -> None:
        """Note an address, unless it is empty or a file on board."""
        address = address.strip()[:_MOST_CHARACTERS]
        if not address or address.lower().startswith(ON_BOARD) or address in self.found:
            return
        if len(self.found) >= MOST_ADDRESSES:
            return
        one = self.found[address] = NamedAddress(address, where)
        self._watchers(str(one))
        if len(self.found) == MOST_ADDRESSES:
            self._watchers(
                f"the aircraft has named {MOST_ADDRESSES} addresses: others are not listed, and not opened"
            )


def _addresses(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and ("uri" in key.lower() or "url" in key.lower()):
                yield key, inner
            else:
                yield from _addresses(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _addresses(inner, depth - 1)
