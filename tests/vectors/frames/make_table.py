"""Write `firmware/mavlite/table.py` from pymavlink's definitions: `python -m tests.vectors.frames.make_table`.

Run by hand when the definitions should be renewed. A row of eight bytes holds what the box must know of a message to check,
route and rank it: number (3, little-endian), CRC extra, offset of target system and of target component in the payload
(255: none), rank, length of the whole payload.
"""

from __future__ import annotations

from pathlib import Path

from controller.wire.make_table import DIALECTS, definitions

TABLE = Path(__file__).parents[3] / "firmware" / "mavlite" / "table.py"
NONE = 255

URGENT, NORMAL, BULK = 0, 1, 2
# What a pilot waits for, or what keeps the aircraft from acting on its own.
URGENT_MESSAGES = {
    "HEARTBEAT", "PING", "SET_MODE", "COMMAND_LONG", "COMMAND_INT", "COMMAND_ACK", "COMMAND_CANCEL", "MANUAL_CONTROL",
    "RC_CHANNELS_OVERRIDE", "SET_ATTITUDE_TARGET", "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT",
    "MISSION_SET_CURRENT", "STATUSTEXT", "RADIO_STATUS", "TIMESYNC", "COLLISION", "SET_ACTUATOR_CONTROL_TARGET",
}  # fmt: skip
# What comes by the hundred and may take a minute longer.
BULK_MESSAGES = {
    "PARAM_VALUE", "PARAM_REQUEST_READ", "PARAM_EXT_VALUE", "PARAM_EXT_REQUEST_READ", "LOG_ENTRY", "LOG_DATA",
    "LOG_REQUEST_DATA", "LOG_REQUEST_LIST", "FILE_TRANSFER_PROTOCOL", "ENCAPSULATED_DATA", "DATA_TRANSMISSION_HANDSHAKE",
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
    """All rows, sorted by message number."""
    import importlib.util

    spec = importlib.util.find_spec("pymavlink.dialects.v20")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(next(iter(spec.submodule_search_locations)))
    found: dict[int, bytes] = {}
    names: set[str] = set()
    for message in (m for dialect in DIALECTS for xml in definitions(folder, dialect) for m in xml.message):
        if message.name in names or message.id in found:
            continue
        names.add(message.name)
        at, targets = 0, [NONE, NONE]
        for field in message.ordered_fields:
            # MANUAL_CONTROL alone calls the system that it is for `target`.
            if field.name in ("target_system", "target_component", "target"):
                targets[field.name == "target_component"] = at
            at += SIZES.get(field.type, 8) * max(1, field.array_length)
        found[message.id] = message.id.to_bytes(3, "little") + bytes(
            (message.crc_extra, *targets, rank(message.name), at)
        )
    return [found[msg_id] for msg_id in sorted(found)]


def render() -> str:
    """The file's text."""
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
