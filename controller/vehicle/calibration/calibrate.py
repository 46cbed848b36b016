"""Runs a calibration on an aircraft: started, confirmed position by position, and stopped by the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from controller.autopilots.calibrations import CalibrationRecipe, Way
from controller.errors import LandlineError, SafetyRefused
from controller.protocol.calibration.base import Calibration, CalibrationView
from controller.protocol.calibration.by_answer import CalibrationByAnswer
from controller.protocol.calibration.by_compasses import CalibrationByCompasses
from controller.protocol.calibration.by_positions import CalibrationByPositions
from controller.protocol.calibration.by_texts import CalibrationByTexts
from controller.vehicle.exchange import Step
from controller.vehicle.vehicle import Vehicle
from controller.wire.message import Message

_WAYS: dict[Way, Callable[..., Calibration]] = {
    "answer": CalibrationByAnswer,
    "positions": CalibrationByPositions,
    "compasses": CalibrationByCompasses,
    "texts": CalibrationByTexts,
}
_RATE_HZ = 5.0


class RunningCalibration:
    """A calibration of one aircraft; `run` leads it to its end, `view` is what the operator sees."""

    def __init__(self, vehicle: Vehicle, recipe: CalibrationRecipe) -> None:
        check_may_calibrate(vehicle)
        self.name = recipe.name
        self._vehicle = vehicle
        self._recipe = recipe
        self._machine = _WAYS[recipe.way](
            vehicle.address,
            recipe.command,
            recipe.params,
            own_address=vehicle.exchange.own_address,
            timing=vehicle.timing,
        )
        self._step: Step | None = None
        self._error = ""

    @property
    def view(self) -> CalibrationView:
        """The newest view; it stays after the end."""
        if self._error:
            return replace(self._machine.view, phase="failed", says=self._error, confirm=False, wanted="")
        return self._machine.view

    async def run(self) -> CalibrationView:
        """Lead the calibration to its end and return the last view; an error is in the view."""
        vehicle = self._vehicle
        try:
            for name in self._recipe.streams:
                await vehicle.set_rate(name, _RATE_HZ)
            check_may_calibrate(vehicle)
            await vehicle.run(self._machine, on_step=self._take_step)
        except LandlineError as error:
            self._error = str(error)
        finally:
            self._step = None
        return self.view

    def confirm(self) -> None:
        """Say that the aircraft is in the position that it wants. Raises SafetyRefused while it is armed."""
        check_may_calibrate(self._vehicle)
        self._do(self._machine.confirm)

    def stop(self) -> None:
        """Stop it, as far as the autopilot can."""
        self._do(self._machine.stop)

    def _take_step(self, step: Step) -> None:
        self._step = step

    def _do(self, action: Callable[[float], list[Message]]) -> None:
        if self._step is not None:
            self._step(lambda: action(self._vehicle.clock.now()))


def check_may_calibrate(vehicle: Vehicle) -> None:
    """Refuse to calibrate an armed aircraft, or one that flies. Raises SafetyRefused."""
    if vehicle.state.armed or vehicle.state.in_air:
        raise SafetyRefused("cannot calibrate: the aircraft is armed", hint="disarm it on the ground first")
