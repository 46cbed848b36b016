"""PX4's log service: silent without logs, one number too many, whole packets (seen on the wire, November 2026)."""

from __future__ import annotations

from controller.protocol.logs.client import DATA_BYTES
from controller.protocol.logs.server import LogService
from controller.protocol.message_fields import count_of
from controller.wire.address import Address
from controller.wire.message import Message


class Px4LogService(LogService):
    """Serves logs from number 0 on."""

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name == "LOG_REQUEST_DATA":
            whole = -(-count_of(message) // DATA_BYTES) * DATA_BYTES
            message = message.replace(count=whole)
        return [
            answer
            for answer in super().receive(message, source, now)
            if answer.name != "LOG_ENTRY" or answer.num_logs
        ]

    def _next_entry(self) -> Message:
        entry = super()._next_entry()
        return entry.replace(last_log_num=entry.last_log_num + 1)
