"""Refusals of the log service, sent at once so that no client waits for a timeout: a simulated vehicle has no logs."""

from __future__ import annotations

from controller.wire import messages as m
from controller.wire.message import Message


def refuse(message: Message, *, empty_log_list_silent: bool) -> list[Message]:
    """Return the refusal of a request to this service; empty for any other message.

    `empty_log_list_silent`: a list without logs is not answered.
    """
    match message.name:
        case "LOG_REQUEST_LIST":
            return [] if empty_log_list_silent else [m.LOG_ENTRY()]
        case "LOG_REQUEST_DATA":
            return [m.LOG_DATA(id=message.id, ofs=message.ofs, count=0)]
    return []
