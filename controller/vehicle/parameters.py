"""The aircraft's parameters: read, written with read-back, saved to files and loaded from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from controller.errors import AircraftRefused
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_read import ParamRead
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.values import ParamValue
from controller.protocol.state_machine import Progress
from controller.vehicle.connection import Connection
from controller.vehicle.param_files import read_params, write_params


class Parameters:
    """Parameters of one aircraft, also available as `vehicle.params`. `known` holds the values read so far, by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.known: dict[str, ParamValue] = {}

    async def list(self, *, progress: Callable[[Progress], None] | None = None) -> Mapping[str, ParamValue]:
        """Read all parameters and return them by name. Raises LinkError."""
        connection = self._connection
        machine = ParamList(
            connection.address,
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        values = await connection.run(machine, progress=progress)
        self.known = dict(values)
        return self.known

    async def get(self, name: str) -> float | int:
        """Read one value from the aircraft. Raises ParamRefused or LinkError."""
        return (await self._read(name)).value

    async def set(self, name: str, value: float) -> float | int:
        """Write one value, read it back and return it.

        Raises UserError, ParamRefused, VerificationFailed or LinkError.
        """
        connection = self._connection
        param_type = (self.known.get(name) or await self._read(name)).type
        machine = ParamWrite(
            connection.address,
            ParamValue(name, value, param_type),
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        written = self.known[name] = await connection.run(machine)
        return written.value

    async def save(self, path: str | Path) -> int:
        """Read all parameters, write them to a file and return their number.

        The file is JSON where its name ends in `.json`, else lines of `NAME,VALUE`. Raises LinkError or UserError.
        """
        values = await self.list()
        write_params(Path(path), values)
        return len(values)

    async def load(
        self, path: str | Path, *, progress: Callable[[Progress], None] | None = None
    ) -> tuple[dict[str, tuple[float | int, float | int]], dict[str, str]]:
        """Write the values of a file that differ from the aircraft's.

        Returns the changed parameters (name to value before and after) and the failed ones (name to reason). A
        parameter that is refused does not stop the others. Raises UserError for an invalid file, and LinkError.
        """
        file_values = read_params(Path(path))
        onboard = await self.list()
        changed: dict[str, tuple[float | int, float | int]] = {}
        failed: dict[str, str] = {}
        for done, (name, value) in enumerate(file_values.items()):
            if progress is not None:
                progress(Progress(done, len(file_values), name))
            before = onboard.get(name)
            if before is None:
                failed[name] = "the aircraft has no such parameter"
            elif not same_value(before.value, value):
                old = before.value
                try:
                    changed[name] = (old, await self.set(name, value))
                except AircraftRefused as error:
                    failed[name] = error.what
        return changed, failed

    async def _read(self, name: str) -> ParamValue:
        connection = self._connection
        machine = ParamRead(
            connection.address,
            name,
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        value = self.known[name] = await connection.run(machine)
        return value


def same_value(one: float | int, two: float | int) -> bool:
    """Compare to seven digits, the precision of 32-bit floats and text files; NaN equals NaN."""
    return abs(one - two) <= 1e-6 * max(abs(one), abs(two)) or (one != one and two != two)
