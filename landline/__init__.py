"""Landline: a MAVLink ground station that keeps every flight on this machine, and its simulator.

    from landline import connect, open_plan

    async with connect("udpin:127.0.0.1:14550") as vehicle:
        await vehicle.mission.upload(open_plan("inspection.plan"))  # read back and compared
        await vehicle.arm()
        await vehicle.mission.start()
        async for progress in vehicle.mission.progress():
            print(progress)

`landline.errors` has the exceptions. Importing this package loads nothing else: each name is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller import __version__
from landline._lazy import load

if TYPE_CHECKING:
    from controller.app.connect import connect
    from controller.logs.formats.read import open_log
    from controller.missions.files import open_plan, save_plan
    from controller.missions.plan import Home, Plan, PlanItem
    from controller.vehicle.state import VehicleState
    from controller.vehicle.vehicle import Vehicle
    from hil.sim.vehicle import SimVehicle
    from landline import errors

__all__ = [
    "Home",
    "Plan",
    "PlanItem",
    "SimVehicle",
    "Vehicle",
    "VehicleState",
    "__version__",
    "connect",
    "errors",
    "open_log",
    "open_plan",
    "save_plan",
]

_MODULES = {
    "Home": "controller.missions.plan",
    "Plan": "controller.missions.plan",
    "PlanItem": "controller.missions.plan",
    "SimVehicle": "hil.sim.vehicle",
    "Vehicle": "controller.vehicle.vehicle",
    "VehicleState": "controller.vehicle.state",
    "connect": "controller.app.connect",
    "open_log": "controller.logs.formats.read",
    "open_plan": "controller.missions.files",
    "save_plan": "controller.missions.files",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        import importlib

        return importlib.import_module("landline.errors")
    return load(__name__, name, _MODULES)


def __dir__() -> list[str]:
    return __all__
