"""SIM_ parameters: parameters of the vehicle that act on the simulation, as in the stacks' own simulators.

`apply` carries out parameters that set a value of the simulation. `apply_fault` carries out parameters that cause a
fault: it puts the fault into the schedule. `hil.faults.failure_parameters` lists the faults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from hil.autopilot.vehicle_context import VehicleContext


class SimParameters(ABC):
    """SIM_ parameters of one vehicle."""

    def __init__(self, vehicle: VehicleContext) -> None:
        self.vehicle = vehicle

    @abstractmethod
    def apply(self) -> None:
        """Set the simulation from the parameters' present values."""

    def apply_fault(self, name: str) -> None:  # noqa: B027
        """Schedule or remove the fault of the parameter `name`."""

    def step(self, dt_s: float) -> None:  # noqa: B027
        """Advance effects that go on with time by `dt_s` seconds."""
