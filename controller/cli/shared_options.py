"""Options that several commands share, declared once: a dataclass whose fields are typer options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any, get_type_hints


def with_options(group: type[Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return a decorator for a command with one parameter of the type `group`: each field of it becomes an option.

    Raises TypeError for a command without such a parameter.
    """
    shared_hints = get_type_hints(group, include_extras=True)
    shared = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=shared_hints[one.name],
        )
        for one in fields(group)
    ]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        hints = get_type_hints(function, include_extras=True)
        name = next((one for one, hint in hints.items() if hint is group), None)
        if name is None:
            raise TypeError(f"{function.__name__} takes no {group.__name__}")
        signature = inspect.signature(function)
        own = [
            one.replace(annotation=hints[one.name])
            for one in signature.parameters.values()
            if one.name != name
        ]

        @wraps(function)
        def command(**given: Any) -> int:
            options = group(**{one.name: given.pop(one.name) for one in shared})
            return function(**given, **{name: options})

        parameters = [*own, *shared]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        )
        command.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": int}
        return command

    return decorate
