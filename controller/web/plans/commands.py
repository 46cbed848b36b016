"""Commands that a mission can hold, for the form of an item: MAVLink's labels, units, limits and choices."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from controller.app.plan_table import command_words
from controller.missions import commands
from controller.missions.command_descriptions.descriptions import (
    CommandDescription,
    ParamDescription,
    mission_commands,
)
from controller.missions.commands import FRAME
from controller.wire.enums import MAV_TYPE

Json = dict[str, Any]


async def describe(request: Request) -> Response:  # noqa: ARG001 - signature of a route
    """Answer all commands, the frames of altitudes, and the types of vehicles."""
    described = await asyncio.to_thread(lambda: [_command_as_json(one) for one in mission_commands()])
    frames = [
        {"frame": int(FRAME.GLOBAL_RELATIVE_ALT), "reference": "home"},
        {"frame": int(FRAME.GLOBAL), "reference": "amsl"},
        {"frame": int(FRAME.GLOBAL_TERRAIN_ALT), "reference": "terrain"},
        {"frame": int(FRAME.MISSION), "reference": "none"},
    ]
    types = [{"type": int(one), "name": one.name.lower().replace("_", " ")} for one in MAV_TYPE]
    return JSONResponse({"commands": described, "frames": frames, "vehicle_types": types})


def _command_as_json(command: CommandDescription) -> Json:
    return {
        "command": command.command,
        "name": command.name,
        "words": command_words(command.command),
        "text": command.text,
        "has_position": command.has_position,
        "is_destination": command.is_destination,
        "points_to_an_item": command.command in commands.POINTS_TO_AN_ITEM,
        "params": [_param_as_json(param) for param in command.params],
    }


def _param_as_json(param: ParamDescription) -> Json:
    return {
        "number": param.number,
        "label": param.label,
        "text": param.text,
        "units": param.units,
        "min": param.min,
        "max": param.max,
        "step": param.step,
        "choices": [{"value": value, "name": name} for value, name in param.choices],
    }
