"""Write Arrow tables part by part: one Parquet or CSV file for each name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from controller.logs.export.flatten import flattened


class TableWriter:
    """`add` parts, then `close`. Parts with other columns than the first of their name go to another file, NAME_2.

    `file` is the path of a single table, `again` goes before the number of another file; `quick` is for files that
    Landline alone reads. Raises OSError.
    """

    def __init__(
        self, folder: Path, form: str, *, file: Path | None = None, again: str = "_", quick: bool = False
    ) -> None:
        self._folder, self._form, self._file, self._again = folder, form, file, again
        self._quick = quick
        self._writers: dict[str, Any] = {}
        self._schemas: dict[str, Any] = {}
        self._rows: dict[str, int] = {}
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, name: str, table: Any) -> None:
        """Append a part to a table; an empty part is ignored."""
        if not table.num_rows:
            return
        part = flattened(table) if self._form == "csv" else table
        unique, number = name, 2
        while unique in self._schemas and not self._schemas[unique].equals(part.schema):
            unique, number = f"{name}{self._again}{number}", number + 1
        if unique not in self._writers:
            self._schemas[unique] = part.schema
            self._writers[unique] = self._writer(unique, part.schema)
            self._rows[unique] = 0
        self._writers[unique].write_table(part)
        self._rows[unique] += table.num_rows

    def _writer(self, name: str, schema: Any) -> Any:
        path = (
            self._file
            if self._file is not None and not self._writers
            else self._folder / f"{name}.{self._form}"
        )
        if self._form == "parquet":
            import pyarrow.parquet as pq

            if self._quick:
                # About the same size as below, in two thirds of the time; not every other program reads it.
                return pq.ParquetWriter(
                    path,
                    schema,
                    compression="lz4",
                    use_dictionary=repeating(schema),
                    use_byte_stream_split=wide(schema),
                )
            return pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=repeating(schema))
        import pyarrow.csv as pa_csv

        return pa_csv.CSVWriter(path, schema)

    def close(self) -> dict[str, int]:
        """Finish the files; return the rows by table."""
        for writer in self._writers.values():
            writer.close()
        return self._rows


def repeating(schema: Any) -> list[str]:
    """Columns that are smaller with a dictionary: texts and values of few kinds, not measurements."""
    import pyarrow as pa

    kinds = pa.types
    return [
        field.name
        for field in schema
        if kinds.is_string(field.type) or kinds.is_boolean(field.type) or kinds.is_uint8(field.type)
    ]


def wide(schema: Any) -> list[str]:
    """Columns that are smaller with the first bytes of all values together, then the second, and so on."""
    import pyarrow as pa

    kinds = (pa.float32(), pa.float64(), pa.int64(), pa.int32(), pa.uint32(), pa.uint64())
    return [field.name for field in schema if field.type in kinds]
