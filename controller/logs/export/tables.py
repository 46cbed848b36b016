"""Tables as CSV and as Parquet, with a column `utc` that people and spreadsheets read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.logs.export.flatten import flattened
from controller.logs.export.result import Exported


def write_tables(
    found: dict[str, Any], form: str, target: Path, *, alone: bool, problems: list[str]
) -> Exported:
    """One file a table in the folder `target`; `alone`, the one table as the file `target`."""
    if alone:
        target.parent.mkdir(parents=True, exist_ok=True)
    else:
        target.mkdir(parents=True, exist_ok=True)
    rows = 0
    for name, table in found.items():
        rows += table.num_rows
        _write(with_utc(table), form, target if alone else target / f"{name}.{form}")
    return Exported(target, len(found), rows, tuple(problems))


def with_utc(table: Any) -> Any:
    """With a column of times that people and spreadsheets read."""
    import pyarrow as pa

    if "time_us" not in table.column_names or "utc" in table.column_names:
        return table
    times = table["time_us"].cast(pa.timestamp("us", "UTC"))
    return table.add_column(0, "utc", times)


def _write(table: Any, form: str, path: Path) -> None:
    if form == "parquet":
        import pyarrow.parquet as pq

        pq.write_table(table, path, compression="zstd")
        return
    import pyarrow.csv as pa_csv

    pa_csv.write_csv(flattened(table), path)
