"""Calibrations of the aircraft of a session: one at a time for each aircraft, seen by all pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from controller.app.gcs.aircraft import AircraftSession
from controller.autopilots.calibrations import calibrations
from controller.errors import SafetyRefused, UserError
from controller.vehicle.calibration.calibrate import RunningCalibration

Json = dict[str, Any]


class Calibrations:
    """Calibrations by aircraft; the last one of each stays until the next."""

    def __init__(self) -> None:
        self._last: dict[AircraftSession, RunningCalibration] = {}
        self._active: set[AircraftSession] = set()

    def state(self, one: AircraftSession) -> Json:
        """What the autopilot offers, and the calibration that runs or ran last."""
        last = self._last.get(one)
        shown: Json | None = None
        if last is not None:
            shown = {**asdict(last.view), "name": last.name, "active": one in self._active}
        return {
            "offered": [
                {"name": recipe.name, "way": recipe.way} for recipe in calibrations(one.vehicle.autopilot)
            ],
            "last": shown,
            "armed": one.vehicle.state.armed,
        }

    def begin(self, one: AircraftSession, name: str, by: str) -> None:
        """Begin one in the background. Raises SafetyRefused while the aircraft is armed or another one runs."""
        recipe = next((found for found in calibrations(one.vehicle.autopilot) if found.name == name), None)
        if recipe is None:
            raise UserError(f"unknown calibration {name[:40]!r} of {one.vehicle}")
        if one in self._active:
            raise SafetyRefused(
                f"cannot calibrate {name}: another calibration runs", hint="end or stop it first"
            )
        running = RunningCalibration(one.vehicle, recipe)
        self._last[one] = running
        self._active.add(one)
        one.tell(
            "action", f"{by}: calibration {name} ...", name=f"calibration {name}", outcome="asked", by=by
        )
        one.begin(f"calibration {name}", self._run(one, running, by))

    def confirm(self, one: AircraftSession) -> None:
        """Say that the aircraft is in the position that it wants. Raises SafetyRefused."""
        self._running(one).confirm()

    def stop(self, one: AircraftSession) -> None:
        """Stop the one that runs. Raises SafetyRefused where none does."""
        self._running(one).stop()

    def _running(self, one: AircraftSession) -> RunningCalibration:
        if one not in self._active:
            raise SafetyRefused("cannot do this: no calibration runs")
        return self._last[one]

    async def _run(self, one: AircraftSession, running: RunningCalibration, by: str) -> None:
        try:
            view = await running.run()
        finally:
            self._active.discard(one)
        name = running.name
        outcome = {"done": "done"}.get(view.phase, "refused")
        one.tell(
            "action",
            f"calibration {name}: {view.phase}{f': {view.says}' if view.says and outcome != 'done' else ''}",
            name=f"calibration {name}",
            outcome=outcome,
            why=view.says,
            by=by,
        )
