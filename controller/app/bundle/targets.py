"""Machines that a bundle can be made for: system, processor and Python version, with the markers that hold there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.app.bundle.lock import Pin
from controller.app.bundle.markers import here, holds
from controller.errors import UserError

# sys_platform, os_name, platform_system, platform_machine of each machine.
_MACHINES = {
    "linux-x86_64": ("linux", "posix", "Linux", "x86_64"),
    "linux-aarch64": ("linux", "posix", "Linux", "aarch64"),
    "macos-arm64": ("darwin", "posix", "Darwin", "arm64"),
    "windows-amd64": ("win32", "nt", "Windows", "AMD64"),
}
MACHINES = tuple(_MACHINES)


@dataclass(frozen=True, slots=True)
class Target:
    """The machine that a bundle is for: its values of the lock's markers."""

    values: dict[str, str]

    @property
    def system(self) -> str:
        """Return the system's name, such as Linux."""
        return self.values["platform_system"]

    @property
    def machine(self) -> str:
        """Return the processor's name, such as x86_64."""
        return self.values["platform_machine"]

    @property
    def python(self) -> str:
        """Return the version of Python."""
        return self.values["python_full_version"]

    def needs(self, pin: Pin) -> bool:
        """Return whether a package is installed there. Raises UserError for a marker that is not known."""
        return holds(pin.marker, self.values)


def target(machine: str | None = None, python: str | None = None) -> Target:
    """Return the target of a machine, of MACHINES, and a version of Python such as 3.13; by default those of here.

    Raises UserError.
    """
    values = here()
    if machine is not None:
        if machine not in _MACHINES:
            raise UserError(f"unknown machine '{machine}': give one of {', '.join(MACHINES)}", where="--for")
        names = ("sys_platform", "os_name", "platform_system", "platform_machine")
        values |= dict(zip(names, _MACHINES[machine], strict=True))
    if python is not None:
        if not re.fullmatch(r"3\.\d{1,2}", python):
            raise UserError(f"invalid version of Python '{python}': give it as 3.13", where="--python")
        values |= {"python_version": python, "python_full_version": f"{python}.0"}
    return Target(values)
