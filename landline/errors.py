"""Errors that Landline raises, sorted by whose fault they are.

    LandlineError
     |- OurBug                1  a fault in Landline; the command line writes a report file
     |   `- Diverged             the simulated physics produced a number that is not finite
     |- UserError             2  wrong usage, or a file that cannot be used
     |   |- PlanError            a mission file or a plan
     |   |- LogUnreadable        a log file
     |   |- AirframeError        an airframe file of the simulator
     |   `- ScenarioError        weather, faults or a start position that the simulator cannot play
     |- LinkError             3  no link, or the link was lost
     |   `- NoAnswer             a command without an acknowledgement
     |- AircraftRefused       4  the aircraft refused
     |   |- ArmRefused           arming
     |   |- CommandRefused       a command
     |   |- MissionRefused       a mission, fence or rally transfer
     |   |- ParamRefused         a parameter
     |   `- FtpRefused           a file operation over MAVLink FTP
     |- SafetyRefused         5  a safety check of Landline refused
     |   |- EndpointRefused      an endpoint that the policy does not allow
     |   `- Superseded           a procedure ended because a later one took control of the aircraft
     `- VerificationFailed    6  a read-back, log or scenario differs from what it must be

The numbers are the exit codes of the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landline._lazy import load

if TYPE_CHECKING:
    from controller.errors import (
        AircraftRefused,
        LandlineError,
        LinkError,
        OurBug,
        SafetyRefused,
        UserError,
        VerificationFailed,
    )
    from controller.guard.policy import EndpointRefused
    from controller.logs.formats.base import LogUnreadable
    from controller.missions.errors import PlanError
    from controller.protocol.command.client import CommandRefused, NoAnswer
    from controller.protocol.ftp.wire import FtpRefused
    from controller.protocol.mission.wire import MissionRefused
    from controller.protocol.params.values import ParamRefused
    from controller.vehicle.command_arbiter import Superseded
    from controller.vehicle.procedure_runner import ArmRefused
    from hil.errors import AirframeError, Diverged, ScenarioError

__all__ = [
    "AircraftRefused",
    "AirframeError",
    "ArmRefused",
    "CommandRefused",
    "Diverged",
    "EndpointRefused",
    "FtpRefused",
    "LandlineError",
    "LinkError",
    "LogUnreadable",
    "MissionRefused",
    "NoAnswer",
    "OurBug",
    "ParamRefused",
    "PlanError",
    "SafetyRefused",
    "ScenarioError",
    "Superseded",
    "UserError",
    "VerificationFailed",
]

_MODULES = {
    "AircraftRefused": "controller.errors",
    "AirframeError": "hil.errors",
    "ArmRefused": "controller.vehicle.procedure_runner",
    "CommandRefused": "controller.protocol.command.client",
    "Diverged": "hil.errors",
    "EndpointRefused": "controller.guard.policy",
    "FtpRefused": "controller.protocol.ftp.wire",
    "LandlineError": "controller.errors",
    "LinkError": "controller.errors",
    "LogUnreadable": "controller.logs.formats.base",
    "MissionRefused": "controller.protocol.mission.wire",
    "NoAnswer": "controller.protocol.command.client",
    "OurBug": "controller.errors",
    "ParamRefused": "controller.protocol.params.values",
    "PlanError": "controller.missions.errors",
    "SafetyRefused": "controller.errors",
    "ScenarioError": "hil.errors",
    "Superseded": "controller.vehicle.command_arbiter",
    "UserError": "controller.errors",
    "VerificationFailed": "controller.errors",
}


def __getattr__(name: str) -> Any:
    return load(__name__, name, _MODULES)


def __dir__() -> list[str]:
    return __all__
