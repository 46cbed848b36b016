"""Names of the public package, loaded from their modules on first use."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any


def load(package: str, name: str, modules: Mapping[str, str]) -> Any:
    """Return the object `name` of `package`; `modules` maps public names to the modules that define them.

    Raises AttributeError for any other name, as a module does.
    """
    if name not in modules:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(importlib.import_module(modules[name]), name)
