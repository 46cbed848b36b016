"""Start-up files for PX4: those of its build, with a generated airframe.

PX4 uses an `etc` folder in its working directory unchanged (platforms/posix/src/px4/common/main.cpp,
create_symlinks_if_needed), and finds its airframe there by the name PX4_SIM_MODEL (init.d-posix/rcS). The airframe
file must set the values itself: `param set` stores only values that differ from the present one
(src/systemcmds/param/param.cpp, do_set), and PX4_PARAM_* are set before the airframe, whose `param set-default` then
replaces each that was PX4's default.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from controller.errors import UserError
from hil.airframes.load import Airframe
from hil.bridges.parameter_text import number_text

# 22000 to 22999 are free for own airframes; with them PX4 waits for an external simulator.
MODEL, NUMBER = "landline", 22000
AIRFRAME_FILE = f"{NUMBER}_{MODEL}"
AIRFRAMES = Path("init.d-posix", "airframes")
PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,15}")
# Start-up files of the controllers, for different releases.
DEFAULTS = {
    "multirotor": ("rc.mc_defaults",),
    "plane": ("rc.fw_defaults",),
    "vtol": ("rc.vtol_defaults",),
    "rover": ("rc.rover_differential_defaults", "rc.rover_defaults"),
}
# px4-rc.simulator and px4-rc.mavlinksim set other defaults of these after the airframe file.
SET_LATER = (
    "EKF2_GPS_DELAY", "SENS_GPS0_DELAY", "SENS_GPS1_DELAY", "EKF2_MULTI_IMU", "SENS_IMU_MODE", "IMU_INTEG_RATE",
    "COM_MODE_ARM_CHK",
)  # fmt: skip


def defaults_file(etc: Path, airframe: Airframe) -> str:
    """Return the build's defaults file for this kind of airframe. Raises UserError when it has none."""
    names = DEFAULTS[airframe.kind]
    for name in names:
        if (etc / "init.d" / name).is_file():
            return name
    raise UserError(
        f"this build of PX4 has no controllers for a {airframe.kind}: etc/init.d has no {' and no '.join(names)}",
        where=str(etc),
        hint="enable the modules with make px4_sitl_default boardconfig, and build again",
    )


def write_start_up(etc: Path, folder: Path, airframe: Airframe, params: Mapping[str, float]) -> None:
    """Create `folder`/etc from the build's `etc` and write the airframe. Raises UserError, OSError."""
    if any(letter.isspace() for letter in str(folder)):
        raise UserError(
            "cannot start PX4 in this folder: its start-up files do not support spaces in the path",
            where=str(folder),
            hint="choose another folder with --out",
        )
    text = airframe_text(airframe, defaults_file(etc, airframe), params)
    made = folder / "etc"
    if made.exists():
        shutil.rmtree(made)
    _mirror(etc, made, AIRFRAMES.parts)
    (made / AIRFRAMES / AIRFRAME_FILE).write_text(text, encoding="utf-8", newline="\n")


def airframe_text(airframe: Airframe, defaults: str, params: Mapping[str, float]) -> str:
    """Return the airframe as a PX4 start-up script. Raises UserError for an invalid parameter name."""
    # A line break in the name would start a command.
    name_line = " ".join(airframe.name.split())
    lines = [
        "#!/bin/sh",
        f"# Landline's {name_line}, for this flight",
        "",
        f". ${{R}}etc/init.d/{defaults}",
        "",
    ]
    for name, value in params.items():
        if not PARAMETER.fullmatch(name):
            raise UserError(f"invalid parameter name {name!r}", where="--autopilot-params")
        if name in SET_LATER:  # set to another value first, or the present default would not be stored
            lines.append(f"param set {name} {number_text(value + 1.0)}")
        lines.append(f"param set {name} {number_text(value)}")
    return "\n".join(lines) + "\n"


def _mirror(source: Path, made: Path, inner: tuple[str, ...]) -> None:
    """Create the folders of the path `inner`, with links to the source for everything else in them."""
    made.mkdir(parents=True)
    for path in source.iterdir():
        if not inner and path.name.startswith(f"{NUMBER}_"):
            continue  # another airframe with this number, which PX4 would start instead
        if path.name in inner[:1]:
            _mirror(path, made / path.name, inner[1:])
        else:
            _link(made / path.name, path.absolute())


def _link(made: Path, to: Path) -> None:
    """Create a symbolic link, or a copy where links are not supported."""
    try:
        made.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        if to.is_dir():
            shutil.copytree(to, made)
        else:
            shutil.copy2(to, made)
