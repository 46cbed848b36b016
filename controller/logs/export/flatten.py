"""Flatten Arrow tables for CSV files."""

from __future__ import annotations

from typing import Any


def flattened(table: Any) -> Any:
    """A table with a column for each element of an array (`voltages_0`), bytes in hexadecimal, and times in ISO
    8601."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        kind = column.type
        if pa.types.is_fixed_size_list(kind):
            for i in range(kind.list_size):
                columns[f"{name}_{i}"] = pc.list_element(column, i)
        elif pa.types.is_binary(kind):
            columns[name] = pa.array(
                [value.hex() if value is not None else None for value in column.to_pylist()]
            )
        elif pa.types.is_timestamp(kind):
            columns[name] = pc.strftime(column.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%SZ")
        else:
            columns[name] = column
    return pa.table(columns)
