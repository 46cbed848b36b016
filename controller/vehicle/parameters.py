"""The aircraft's parameters: read, written and read back, kept as a whole, saved to files and loaded from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import AircraftRefused
from controller.protocol.params.client import ParamList, ParamRead, ParamValue, ParamWrite
from controller.protocol.state_machine import Progress
from controller.vehicle.param_files import read_params, write_params

if TYPE_CHECKING:
    from controller.vehicle.vehicle import Vehicle


class Parameters:
    """`known` holds what has been read so far, by name."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.known: dict[str, ParamValue] = {}

    async def list(self, *, progress: Callable[[Progress], None] | None = None) -> Mapping[str, ParamValue]:
        """All of them. Raises LinkError."""
        vehicle = self._vehicle
        machine = ParamList(
            vehicle.address, vehicle.encoding, own_address=vehicle.exchange.own_address, timing=vehicle.timing
        )
        listed = await vehicle.run(machine, progress=progress)
        self.known = dict(listed)
        return self.known

    async def get(self, name: str) -> float | int:
        """One value, from the aircraft. Raises ParamRefused or LinkError."""
        return (await self._read(name)).value

    async def set(self, name: str, value: float) -> float | int:
        """Write one and read it back. Raises UserError, ParamRefused, VerificationFailed or LinkError."""
        vehicle = self._vehicle
        kind = (self.known.get(name) or await self._read(name)).type
        wanted = ParamValue(name, value, kind)
        machine = ParamWrite(
            vehicle.address,
            wanted,
            vehicle.encoding,
            own_address=vehicle.exchange.own_address,
            timing=vehicle.timing,
        )
        written = self.known[name] = await vehicle.run(machine)
        return written.value

    async def save(self, path: str | Path) -> int:
        """List all and write them to a file (`.json`, else `NAME,VALUE` lines); returns how many."""
        values = await self.list()
        write_params(Path(path), values)
        return len(values)

    async def load(
        self, path: str | Path, *, progress: Callable[[Progress], None] | None = None
    ) -> tuple[dict[str, tuple[float | int, float | int]], dict[str, str]]:
        """Set what a file says and the aircraft has otherwise: changed (name to before, after) and failed (name to why).

        Raises UserError for a bad file and LinkError; a parameter that is refused does not stop the others.
        """
        wanted = read_params(Path(path))
        aboard = await self.list()
        changed: dict[str, tuple[float | int, float | int]] = {}
        failed: dict[str, str] = {}
        for done, (name, value) in enumerate(wanted.items()):
            if progress is not None:
                progress(Progress(done, len(wanted), name))
            before = aboard.get(name)
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
        vehicle = self._vehicle
        machine = ParamRead(
            vehicle.address,
            name,
            vehicle.encoding,
            own_address=vehicle.exchange.own_address,
            timing=vehicle.timing,
        )
        value = self.known[name] = await vehicle.run(machine)
        return value


def same_value(one: float | int, two: float | int) -> bool:
    """Equal as far as seven digits go, which is what 32 bits and a text file keep."""
    return abs(one - two) <= 1e-6 * max(abs(one), abs(two)) or (one != one and two != two)
