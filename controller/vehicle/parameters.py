"""The aircraft's parameters: read, written with read-back, saved to files and loaded from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from controller.errors import AircraftRefused, LinkError, VerificationFailed
from controller.protocol.params.client_list import ParamList
from controller.protocol.params.client_read import ParamRead
from controller.protocol.params.client_write import ParamWrite
from controller.protocol.params.values import ParamRefused, ParamValue
from controller.protocol.state_machine import Progress
from controller.protocol.timing import HEARTBEAT_LOST_S, Timing
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.param_file import ParamFile
from controller.vehicle.param_files import read_params, write_params
from controller.vehicle.param_load import LoadPlan, LoadResult, note_failures, plan_load, suggestion
from controller.vehicle.param_numbers import number_text, same_number

SETTLE_S = 1.5  # an autopilot checks some values once a second and puts its own in their place
SUGGEST_WITHIN_S = 10.0  # the list is read for suggestions if it comes this fast
# An autopilot that does not answer for unknown names is asked so often before its list is read.
TRIES_BY_NAME = 3
AT_ONCE = 20  # ArduPilot's queue of requests by name


class Parameters:
    """Parameters of one aircraft, also available as `vehicle.params`.

    `known` holds the values read so far, by name, `defaults` the default values that the aircraft has told. `lists`
    counts how often all were read.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.lists = 0
        self._file = ParamFile(connection)
        self.known: dict[str, ParamValue] = {}
        self.defaults: dict[str, float | int] = {}

    async def list(self, *, progress: Callable[[Progress], None] | None = None) -> Mapping[str, ParamValue]:
        """Read all parameters and return them by name: from a file where the aircraft serves one, else in messages.

        Raises LinkError.
        """
        connection = self._connection
        packed = await self._file.read(progress)
        if packed is not None:
            self.known, self.lists = dict(packed.values), self.lists + 1
            self.defaults = dict(packed.defaults or {})
            return self.known
        machine = ParamList(
            connection.address,
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        values = await connection.run(machine, progress=progress)
        self.known, self.lists = dict(values), self.lists + 1
        return self.known

    async def get(self, name: str) -> float | int:
        """Read one value from the aircraft. Raises ParamRefused (an unknown name: with similar names) or LinkError."""
        return (await self.read(name)).value

    async def set(self, name: str, value: float, *, settle_s: float = SETTLE_S) -> float | int:
        """Write one value, read it back, now and after `settle_s` seconds (0: only now), and return it.

        Raises UserError, ParamRefused, VerificationFailed (also when the aircraft replaced the value a moment later)
        or LinkError.
        """
        known = self.known.get(name) or await self.read(name)
        written = await self._write(ParamValue(name, value, known.type))
        if settle_s > 0:
            await asyncio.sleep(settle_s)
            await self._check_kept(written)
        return written.value

    async def save(self, path: str | Path, *, layout: str | None = None) -> int:
        """Read all parameters, write them to a file and return their number.

        `layout` is `qgc` (QGroundControl), `lines` (NAME,VALUE, as Mission Planner) or `json`; by default it follows
        from the file's ending: .params, .json, any other. Raises LinkError or UserError.
        """
        values = await self.list()
        connection = self._connection
        firmware = f" {connection.firmware.version}" if connection.firmware else ""
        about = (
            f"Stack: {connection.autopilot.name}{firmware}",
            f"Vehicle: {connection.autopilot.kind.value}",
        )
        write_params(Path(path), values, layout=layout, source=connection.address, about=about)
        return len(values)

    async def plan(
        self,
        values: Mapping[str, float | int],
        *,
        everything: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> LoadPlan:
        """Read all parameters and return what writing `values` would change.

        With `everything` values that the autopilot maintains itself are changed too. Names that are in no list are
        asked for one by one: PX4 does not list a parameter before its first use. Raises LinkError.
        """
        onboard = dict(await self.list(progress=progress))
        unlisted = [name for name in values if name not in onboard]
        for at in range(0, len(unlisted), AT_ONCE):
            found = await asyncio.gather(*map(self._unlisted, unlisted[at : at + AT_ONCE]))
            onboard |= {value.name: value for value in found if value is not None}
        connection = self._connection
        maintained = (lambda name: False) if everything else connection.autopilot.maintains  # noqa: ARG005
        return plan_load(values, onboard, connection.encoding, maintained)

    async def apply(
        self, plan: LoadPlan, *, progress: Callable[[Progress], None] | None = None
    ) -> LoadResult:
        """Write the changes of a plan and read them back, now and a moment later.

        A parameter that is refused does not stop the others; a lost link does.
        """
        result = LoadResult(failed=dict(plan.impossible))
        kept: dict[str, ParamValue] = {}
        try:
            for done, (name, (before, value)) in enumerate(plan.changes.items()):
                if progress is not None:
                    progress(Progress(done, len(plan.changes), name))
                try:
                    kept[name] = await self._write(replace(before, value=value))
                except (AircraftRefused, VerificationFailed) as error:
                    result.failed[name] = error.what
            if progress is not None:
                progress(Progress(len(plan.changes), len(plan.changes), "reading them again"))
            if kept:
                await asyncio.sleep(SETTLE_S)
            for name, written in kept.items():
                try:
                    await self._check_kept(written)
                except (AircraftRefused, VerificationFailed) as error:
                    result.failed[name] = error.what
        except LinkError as error:
            result.error = error
            note_failures(plan.changes, error, result.failed, written=kept)
        result.changed = {
            name: (plan.changes[name][0].value, written.value)
            for name, written in kept.items()
            if name not in result.failed
        }
        return result

    async def load(
        self, path: str | Path, *, progress: Callable[[Progress], None] | None = None
    ) -> tuple[dict[str, tuple[float | int, float | int]], dict[str, str]]:
        """Write the values of a file that differ from the aircraft's, except those that the autopilot maintains.

        Returns the changed parameters (name to value before and after) and the failed ones (name to reason). A
        parameter that is refused does not stop the others. Raises UserError for an invalid file, and LinkError.
        """
        result = await self.apply(await self.plan(read_params(Path(path))), progress=progress)
        if result.error is not None:
            raise result.error
        return result.changed, result.failed

    async def read(self, name: str) -> ParamValue:
        """Read one parameter with its type. Raises as `get`."""
        connection = self._connection
        try:
            value = await self._read_by_name(name, tries=TRIES_BY_NAME)
        except ParamRefused as error:
            if error.unknown_name:
                raise self._unknown(name, await self._names()) from None
            raise
        except LinkError:
            if connection.silent_s > HEARTBEAT_LOST_S:
                raise
            listed = await self.list()
            if name not in listed:
                raise self._unknown(name, listed) from None
            value = listed[name]
        self.known[name] = value
        return value

    async def _unlisted(self, name: str) -> ParamValue | None:
        """Return a parameter that answers by name, None if there is none."""
        if self._connection.autopilot.lists_all_params:
            return None
        try:
            return await self._read_by_name(name, tries=2)
        except (ParamRefused, LinkError):
            return None

    async def _names(self) -> Mapping[str, ParamValue]:
        """Return the names on board if they are known or can be read quickly, else nothing."""
        if self.lists:
            return self.known
        try:
            async with asyncio.timeout(SUGGEST_WITHIN_S):
                return await self.list()
        except (TimeoutError, LinkError):
            return {}

    def _unknown(self, name: str, known: Mapping[str, ParamValue]) -> ParamRefused:
        among = f" ({len(known)} are listed)" if known else ""
        return ParamRefused(
            f"cannot find parameter {name}: the aircraft has no such parameter{among}"
            f"{suggestion(name, known)}",
            hint="check the name; landline params list --match TEXT shows names",
        )

    async def _write(self, value: ParamValue) -> ParamValue:
        connection = self._connection
        machine = ParamWrite(
            connection.address,
            value,
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=connection.timing,
        )
        self.known[value.name] = await connection.run(machine)
        return self.known[value.name]

    async def _check_kept(self, written: ParamValue) -> None:
        """Read a written value again. Raises VerificationFailed if the aircraft has replaced it."""
        now = await self._read_by_name(written.name)
        self.known[written.name] = now
        if not same_number(now.value, written.value, now.type):
            raise VerificationFailed(
                f"parameter {written.name} did not keep {number_text(written.value)}: "
                f"{self._connection.address} changed it to {number_text(now.value)} a moment later",
                hint="the value may be out of range; read its description",
            )

    async def _read_by_name(self, name: str, *, tries: int | None = None) -> ParamValue:
        connection = self._connection
        timing: Timing = connection.timing
        if tries is not None:
            timing = replace(timing, param=replace(timing.param, retries=tries - 1))
        machine = ParamRead(
            connection.address,
            name,
            connection.encoding,
            own_address=connection.exchange.own_address,
            timing=timing,
        )
        return await connection.run(machine)
