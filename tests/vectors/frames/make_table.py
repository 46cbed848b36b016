"""Write `firmware/mavlite/table.py` from the message definitions: `python -m tests.vectors.frames.make_table`.

Run it by hand to update the definitions. A row of eight bytes holds the properties of a message that the ground box
needs to check, route and prioritize it: number (3 bytes, little-endian), CRC extra, payload offsets of target system
and target component (255: none), priority, length of the whole payload.
"""

from __future__ import annotations

from pathlib import Path

from controller.wire.make_table import message_definitions, sources

TABLE = Path(__file__).parents[3] / "firmware" / "mavlite" / "table.py"
NONE = 255

URGENT, NORMAL, BULK = 0, 1, 2
# Messages that a pilot waits for, or whose loss triggers a failsafe.
URGENT_MESSAGES = {
    "HEARTBEAT", "PING", "SET_MODE", "COMMAND_LONG", "COMMAND_INT", "COMMAND_ACK", "COMMAND_CANCEL", "MANUAL_CONTROL",
    "RC_CHANNELS_OVERRIDE", "SET_ATTITUDE_TARGET", "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT",
    "MISSION_SET_CURRENT", "STATUSTEXT", "RADIO_STATUS", "TIMESYNC", "COLLISION", "SET_ACTUATOR_CONTROL_TARGET",
    "EVENT", "CURRENT_EVENT_SEQUENCE",
}  # fmt: skip
# Bulk transfers, which may be delayed.
BULK_MESSAGES = {
    "PARAM_VALUE", "PARAM_REQUEST_READ", "PARAM_EXT_VALUE", "PARAM_EXT_REQUEST_READ", "LOG_ENTRY", "LOG_DATA",
    "LOG_REQUEST_DATA", "LOG_REQUEST_LIST", "FILE_TRANSFER_PROTOCOL", "ENCAPSULATED_DATA",
    "DATA_TRANSMISSION_HANDSHAKE",
    "SERIAL_CONTROL", "REMOTE_LOG_DATA_BLOCK", "REMOTE_LOG_BLOCK_STATUS", "TERRAIN_DATA", "LOGGING_DATA",
    "LOGGING_DATA_ACKED", "TUNNEL", "COMPONENT_METADATA", "DATA16", "DATA32", "DATA64", "DATA96",
}  # fmt: skip

SIZES = {
    "char": 1,
    "int8_t": 1,
    "uint8_t": 1,
    "int16_t": 2,
    "uint16_t": 2,
    "int32_t": 4,
    "uint32_t": 4,
    "float": 4,
}


def rank(name: str) -> int:
    return URGENT if name in URGENT_MESSAGES else BULK if name in BULK_MESSAGES else NORMAL


def rows() -> list[bytes]:
    """Return all rows, sorted by message number."""
    found: dict[int, bytes] = {}
    for message in message_definitions(sources()):
        at, targets = 0, [NONE, NONE]
        for field in message.ordered_fields:
            # Only MANUAL_CONTROL names its target system `target`.
            if field.name in ("target_system", "target_component", "target"):
                targets[field.name == "target_component"] = at
            at += SIZES.get(field.type, 8) * max(1, field.array_length)
        found[message.id] = message.id.to_bytes(3, "little") + bytes(
            (message.crc_extra, *targets, rank(message.name), at)
        )
    return [found[msg_id] for msg_id in sorted(found)]


def render() -> str:
    """Return the text of the table file."""
    table = rows()
    lines = "\n".join(f'    b"{"".join(f"{chr(92)}x{byte:02x}" for byte in row)}"' for row in table)
    return (
        '"""Made by tests/vectors/frames/make_table.py, which says what a row holds; not to be edited."""\n\n'
        "# fmt: off\n"
        f"ROWS = {len(table)}\n"
        f"TABLE = (\n{lines}\n)\n"
    )


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8")
    print(f"{TABLE.name}: {len(rows())} messages, {8 * len(rows())} bytes")
