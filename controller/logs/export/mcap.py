"""Export to MCAP (https://mcap.dev/spec): a JSON channel for each table, in the order of time, and the track as
`foxglove.LocationFix`, which viewers show on a map (https://docs.foxglove.dev/docs/sdk/schemas/location-fix)."""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller import __version__

_BATCH = 1024
_POSITION = "series_position"
_FIX = {
    "type": "object",
    "title": "foxglove.LocationFix",
    "properties": {
        "timestamp": {
            "type": "object",
            "properties": {"sec": {"type": "integer"}, "nsec": {"type": "integer"}},
        },
        "frame_id": {"type": "string"},
        "latitude": {"type": "number"},
        "longitude": {"type": "number"},
        "altitude": {"type": "number"},
        "position_covariance_type": {"type": "integer"},
    },
}


def write_mcap(found: dict[str, Any], target: Path) -> int:
    """Write tables with times as channels and parameters as metadata; return the number of messages."""
    from mcap.writer import Writer

    timed = {name: table for name, table in found.items() if "time_us" in table.column_names}
    target.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with target.open("wb") as file:
        writer: Any = Writer(file)
        writer.start(profile="", library=f"landline {__version__}")
        streams = []
        for name, table in timed.items():
            streams.append(_messages(table, _channel(writer, f"/{name}", name, schema_of(table))))
        if _POSITION in timed:
            channel = _channel(writer, "/location", "foxglove.LocationFix", _FIX)
            streams.append(_fixes(timed[_POSITION], channel))
        for time_us, channel, data in heapq.merge(*streams, key=lambda message: message[0]):
            time_ns = time_us * 1000
            writer.add_message(channel, log_time=time_ns, publish_time=time_ns, data=data, sequence=count)
            count += 1
        for name in found.keys() - timed.keys():
            rows = found[name].to_pylist()
            writer.add_metadata(name, {str(row.get("name")): str(row.get("value")) for row in rows})
        writer.finish()
    return count


def _channel(writer: Any, topic: str, schema: str, properties: dict[str, Any]) -> int:
    data = json.dumps(properties).encode()
    number = writer.register_schema(name=schema, encoding="jsonschema", data=data)
    return int(writer.register_channel(topic=topic, message_encoding="json", schema_id=number))


def schema_of(table: Any) -> dict[str, Any]:
    """JSON Schema of a table's row."""
    return {
        "type": "object",
        "properties": {
            field.name: _json_type(field.type) for field in table.schema if field.name != "time_us"
        },
    }


def _json_type(kind: Any) -> dict[str, Any]:
    import pyarrow as pa

    if pa.types.is_fixed_size_list(kind):
        return {"type": "array", "items": _json_type(kind.value_type)}
    if pa.types.is_binary(kind):
        return {"type": "string", "contentEncoding": "base64"}
    if pa.types.is_boolean(kind):
        return {"type": "boolean"}
    if pa.types.is_integer(kind):
        return {"type": "integer"}
    return {"type": "number"} if pa.types.is_floating(kind) else {"type": "string"}


def _messages(table: Any, channel: int) -> Iterator[tuple[int, int, bytes]]:
    for row in _rows(table):
        time_us = row.pop("time_us")
        yield time_us, channel, json.dumps(row, default=_text).encode()


def _rows(table: Any) -> Iterator[dict[str, Any]]:
    """Rows in the order of time, without those that have none; NaN and infinity, which JSON lacks, become null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.filter(pc.and_kleene(pc.is_valid(table["time_us"]), pc.greater_equal(table["time_us"], 0)))
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = table[field.name]
            finite = pc.if_else(pc.is_finite(column), column, pa.scalar(None, field.type))
            table = table.set_column(at, field.name, finite)
    lists = [field.name for field in table.schema if _of_floats(pa, field.type)]
    for batch in table.sort_by("time_us").to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            for name in lists:
                row[name] = [value if value - value == 0 else None for value in row[name] or []]
            yield row


def _of_floats(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type))


def _text(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _fixes(table: Any, channel: int) -> Iterator[tuple[int, int, bytes]]:
    for row in _rows(table):
        sec, us = divmod(row["time_us"], 1_000_000)
        fix = {
            "timestamp": {"sec": sec, "nsec": us * 1000},
            "frame_id": row["log"],
            "latitude": row["lat_deg"],
            "longitude": row["lon_deg"],
            "altitude": row["msl_m"],
            "position_covariance_type": 0,
        }
        yield row["time_us"], channel, json.dumps(fix).encode()
