"""Parameters of one aircraft for the pages: values read in this session, their documentation, and what was changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from controller.app.gcs.aircraft import AircraftSession
from controller.autopilots.param_docs.docs import NO_DOCS, Number, ParamDocs
from controller.clock import iso_utc
from controller.errors import LandlineError, SafetyRefused
from controller.protocol.params.values import ParamValue
from controller.protocol.state_machine import Progress
from controller.vehicle.metadata.param_docs import give_docs, kept_docs, known_defaults, read_own_docs
from controller.vehicle.param_load import LoadPlan, LoadResult
from controller.web.params.numbers import shown
from controller.web.params.set_rules import check_change

Json = dict[str, Any]
MOST_CHANGES_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Change:
    """A value that was written in this session, with what it was before. `utc` is ISO 8601."""

    name: str
    before: Number
    after: Number
    utc: str
    by: str

    def as_json(self) -> Json:
        """Values as text with all their digits."""
        return {
            "name": self.name,
            "before": shown(self.before),
            "after": shown(self.after),
            "utc": self.utc,
            "by": self.by,
        }


class AircraftParams:
    """Parameters of one aircraft, shared by all pages.

    `begin` starts a read or a load in the background; `state` tells how far it is.
    """

    def __init__(self, one: AircraftSession, utc_us: Callable[[], int]) -> None:
        self.one = one
        self.vehicle = one.vehicle
        self.docs: ParamDocs = NO_DOCS
        self.changes: list[Change] = []
        self._utc_us = utc_us
        self._prepared: asyncio.Task[ParamDocs] | None = None
        self._own_docs_asked = False
        self._read_at = ""
        self._busy = ""
        self._progress = Progress(0, 0)
        self._error = ""
        self._stop: Callable[[], object] | None = None
        self._result: Json | None = None
        self._version = 0

    @property
    def values(self) -> dict[str, ParamValue]:
        """Values read so far, by name."""
        return self.vehicle.params.known

    def defaults(self) -> dict[str, Number]:
        """Default values of the parameters that were read: as the aircraft told them, else as documented."""
        return known_defaults(self.vehicle, self.docs)

    @property
    def writes(self) -> bool:
        """Whether values are being written."""
        return self._busy in ("set", "load")

    def state(self) -> Json:
        """What is being done, how far it is, and what there is."""
        return {
            "busy": self._busy,
            "done": self._progress.done,
            "total": self._progress.total,
            "current": self._progress.text,
            "error": self._error,
            "read_at": self._read_at,
            # Other work reads them too, such as the start of a mission.
            "count": len(self.values) if self.vehicle.params.lists else 0,
            "docs": {"source": self.docs.source, "count": len(self.docs.docs)},
            "version": self._version + self.vehicle.params.lists,
            "armed": self.vehicle.state.armed,
            "result": self._result,
            "changes": [one.as_json() for one in self.changes],
        }

    # Reading

    async def prepare(self) -> None:
        """Read the documentation that is on this machine, once."""
        if self._prepared is None:
            self._prepared = asyncio.create_task(asyncio.to_thread(kept_docs, self.vehicle))
            self.docs = await asyncio.shield(self._prepared)
        await asyncio.shield(self._prepared)

    def read(self) -> None:
        """Read all parameters in the background, and the documentation that the aircraft serves."""
        self._start("read", self._read())

    async def _read(self) -> None:
        await self.vehicle.params.list(progress=self._set_progress)
        self._read_at = iso_utc(self._utc_us())
        if not self._own_docs_asked:
            self._own_docs_asked = True
            own = await read_own_docs(self.vehicle)
            if own is not None:
                self.docs = own
                self._version += 1

    async def give_docs(self, data: bytes, name: str) -> None:
        """Use a documentation file that the operator has, and keep it on this machine. Raises UserError."""
        self.docs = await asyncio.to_thread(give_docs, self.vehicle, data, name)
        self._version += 1

    # Writing

    async def set(self, name: str, text: str, *, by: str, outside: bool, armed: bool) -> Json:
        """Write one value and read it back, now and a moment later.

        `outside` allows a value outside the documented range, `armed` an armed aircraft. Raises LandlineError; a value
        that the aircraft took and changed a moment later is in `changes` all the same.
        """
        self._refuse_while_busy()
        params = self.vehicle.params
        known = self.values.get(name) or await params.read(name)
        wanted = check_change(self.vehicle, self.docs[name], known, text, outside=outside, armed=armed)
        self._busy, self._error = "set", ""
        try:
            after = await params.set(name, wanted)
        finally:
            self._busy = ""
            now = self.values.get(name)
            if now is not None and now.value != known.value:
                self._note(name, known.value, now.value, by)
        return {
            "name": name,
            "before": shown(known.value),
            "value": shown(after),
            "reboot": self.reboot(name),
        }

    def load(self, plan: LoadPlan, *, by: str) -> None:
        """Write the changes of a plan in the background. Raises SafetyRefused while the aircraft is armed."""
        if self.vehicle.state.armed:
            raise SafetyRefused(
                "cannot write parameters: the aircraft is armed", hint="disarm it, then write them"
            )
        self._start("load", self._load(plan, by))

    async def _load(self, plan: LoadPlan, by: str) -> None:
        self._result = None
        result = LoadResult()
        try:
            result = await self.vehicle.params.apply(plan, progress=self._set_progress)
        finally:
            # A load that was stopped early has written the values that are known to be new.
            written = {name: self.values[name].value for name in plan.changes if name in self.values}
            for name, value in written.items():
                before = plan.changes[name][0].value
                if value != before:
                    self._note(name, before, value, by)
            self._result = {
                "changed": {
                    name: [shown(old), shown(new), self.reboot(name)]
                    for name, (old, new) in result.changed.items()
                },
                "failed": result.failed,
            }
        if result.error is not None:
            raise result.error

    def stop(self) -> None:
        """Stop what runs in the background; a load leaves what it has written."""
        if self._stop is not None:
            self._stop()

    def reboot(self, name: str) -> bool:
        """Return whether a change of this parameter takes effect only after a restart."""
        return self.docs[name].reboot or name in self.vehicle.autopilot.reboot_params

    # Shared

    def _note(self, name: str, before: Number, after: Number, by: str) -> None:
        change = Change(name, before, after, iso_utc(self._utc_us()), by)
        self.changes = [*self.changes, change][-MOST_CHANGES_KEPT:]
        self.one.tell(
            "param",
            f"{by}: {name} {shown(before)} -> {shown(after)}",
            name=name,
            before=before,
            value=after,
            by=by,
        )

    def _set_progress(self, progress: Progress) -> None:
        self._progress = progress

    def _refuse_while_busy(self) -> None:
        if self._busy:
            doing = {"read": "are being read", "load": "are being written", "set": "are being written"}
            raise SafetyRefused(
                f"cannot start: the parameters of {self.vehicle} {doing[self._busy]}", hint="wait for its end"
            )

    def _start(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            self._refuse_while_busy()
        except LandlineError:
            work.close()
            raise
        self._busy, self._error, self._progress = what, "", Progress(0, 0)
        self._stop = self.one.begin(f"parameters {what}", self._run(work)).cancel

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except LandlineError as error:
            self._error = str(error)
        finally:
            self._busy, self._stop = "", None
