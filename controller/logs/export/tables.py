"""Write tables as CSV or Parquet, with a readable column `utc`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.logs.export.flatten import flattened


def write_tables(found: dict[str, Any], export_format: str, target: Path, *, single: bool) -> int:
    """Write each table to a file in the folder `target`; `single`: the only table to the file `target`. Return the
    number of rows."""
    if single:
        target.parent.mkdir(parents=True, exist_ok=True)
    else:
        target.mkdir(parents=True, exist_ok=True)
    rows = 0
    for name, table in found.items():
        rows += table.num_rows
        _write(with_utc(table), export_format, target if single else target / f"{name}.{export_format}")
    return rows


def with_utc(table: Any) -> Any:
    """The table with a column `utc` of timestamps beside `time_us`."""
    import pyarrow as pa

    if "time_us" not in table.column_names or "utc" in table.column_names:
        return table
    times = table["time_us"].cast(pa.timestamp("us", "UTC"))
    return table.add_column(0, "utc", times)


def _write(table: Any, export_format: str, path: Path) -> None:
    if export_format == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
        return
    import pyarrow.csv as pa_csv

    pa_csv.write_csv(flattened(table), path)
