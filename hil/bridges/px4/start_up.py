"""The start-up files a PX4 is given: those of its build, with an airframe of ours among them.

PX4 takes an `etc` that is a folder in its working directory as it is (platforms/posix/src/px4/common/main.cpp,
create_symlinks_if_needed), and finds its airframe there by the name PX4_SIM_MODEL (init.d-posix/rcS). Values have to be set by
the airframe itself: `param set` stores only what differs from the value of that moment (src/systemcmds/param/param.cpp, do_set),
and PX4_PARAM_* are set before the airframe, whose `param set-default` then wins over each that was PX4's default anyway.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe

# 22000 to 22999 are left to airframes of one's own; without SYS_AUTOSTART of a simulator that PX4 starts, it waits for one.
MODEL, NUMBER = "landline", 22000
AIRFRAME_FILE = f"{NUMBER}_{MODEL}"
AIRFRAMES = Path("init.d-posix", "airframes")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,15}")
# Which controllers run, from one release to the other.
DEFAULTS = {
    "multirotor": ("rc.mc_defaults",),
    "plane": ("rc.fw_defaults",),
    "vtol": ("rc.vtol_defaults",),
    "rover": ("rc.rover_differential_defaults", "rc.rover_defaults"),
}
# px4-rc.simulator and px4-rc.mavlinksim set other defaults of these after the airframe.
SET_LATER = (
    "EKF2_GPS_DELAY", "SENS_GPS0_DELAY", "SENS_GPS1_DELAY", "EKF2_MULTI_IMU", "SENS_IMU_MODE", "IMU_INTEG_RATE",
    "COM_MODE_ARM_CHK",
)  # fmt: skip


def defaults_file(etc: Path, airframe: Airframe) -> str:
    """The name of the build's own file to begin with. Raises UserError when the build has none for this kind."""
    names = DEFAULTS[airframe.kind]
    for name in names:
        if (etc / "init.d" / name).is_file():
            return name
    raise UserError(
        f"this build of PX4 has no controllers for a {airframe.kind}: its etc/init.d has no {' and no '.join(names)}",
        where=str(etc),
        hint="switch the modules on with make px4_sitl_default boardconfig, and build it again",
    )


def write_start_up(etc: Path, folder: Path, airframe: Airframe, params: Mapping[str, float]) -> None:
    """Make `folder`/etc of the build's `etc` and write the airframe. Raises UserError as `defaults_file`, OSError."""
    if any(letter.isspace() for letter in str(folder)):
        raise UserError(
            "PX4's start-up takes no folder with a space in its path",
            where=str(folder),
            hint="name one without by --out",
        )
    text = airframe_text(airframe, defaults_file(etc, airframe), params)
    made = folder / "etc"
    if made.exists():
        shutil.rmtree(made)
    _mirror(etc, made, AIRFRAMES.parts)
    (made / AIRFRAMES / AIRFRAME_FILE).write_text(text, encoding="utf-8", newline="\n")


def airframe_text(airframe: Airframe, defaults: str, params: Mapping[str, float]) -> str:
    """The airframe as a script of PX4's start-up. Raises UserError for names that no parameter has."""
    # A name of several lines would be commands.
    called = " ".join(airframe.name.split())
    lines = ["#!/bin/sh", f"# Landline's {called}, for this flight", "", f". ${{R}}etc/init.d/{defaults}", ""]
    for name, value in params.items():
        if not PARAMETER.fullmatch(name):
            raise UserError(f"{name!r} is no name of a parameter", where="--autopilot-params")
        if name in SET_LATER:  # stored although it may be the default of now: another value stands between
            lines.append(f"param set {name} {_number(value + 1.0)}")
        lines.append(f"param set {name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Whole numbers with all their digits: of an INT32 PX4 reads no exponent."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**31 else f"{value:.9g}"


def _mirror(source: Path, made: Path, inner: tuple[str, ...]) -> None:
    """Folders down to the last of `inner` are made, all else in them points to the source."""
    made.mkdir(parents=True)
    for path in source.iterdir():
        if not inner and path.name.startswith(f"{NUMBER}_"):
            continue  # somebody else's of this number: PX4 would start that one
        if path.name in inner[:1]:
            _mirror(path, made / path.name, inner[1:])
        else:
            _point(made / path.name, path.absolute())


def _point(made: Path, to: Path) -> None:
    """A symbolic link, or a copy where there are none."""
    try:
        made.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        if to.is_dir():
            shutil.copytree(to, made)
        else:
            shutil.copy2(to, made)
