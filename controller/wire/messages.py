"""All message classes by name: `from controller.wire import messages as m; m.HEARTBEAT(type=2)`."""

from __future__ import annotations

from typing import Any

from controller.wire import dialect


def __getattr__(name: str) -> Any:
    if not name.isupper():
        raise AttributeError(name)
    try:
        cls = dialect.by_name(name).cls
    except KeyError:
        raise AttributeError(f"cannot find MAVLink message {name}: it is not in our dialects") from None
    globals()[name] = cls
    return cls
