"""PX4's parameters after its start-up: `param set` and `param set-default` in the order of its scripts.

A real shell runs the scripts and records the commands. They act as in src/systemcmds/param/param.cpp and
src/lib/parameters/parameters.cpp: three layers, and a `set` to the present value does nothing.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

# Defaults that matter here; all others are 0.
FIRMWARE = {
    "EKF2_GPS_DELAY": 110.0,
    "FW_THR_MAX": 1.0,
    "FW_AIRSPD_TRIM": 15.0,
    "EKF2_MULTI_IMU": 0.0,
    "MIS_TAKEOFF_ALT": 2.5,
}
ALWAYS = {"_KM": 0.05, "_AZ": -1.0, "_CT": 6.5}  # of each rotor
UNKNOWN = frozenset({"SENS_GPS0_DELAY", "SENS_GPS1_DELAY"})  # in releases before 2026

RCS = """#!/bin/sh
. px4-alias.sh
PATH="$PATH:${R}etc/init.d-posix"
REQUESTED_AUTOSTART=$(ls "${R}etc/init.d-posix/airframes" | sed -n 's/^\\([0-9][0-9]*\\)_'${PX4_SIM_MODEL}'$/\\1/p')
if [ -z "$REQUESTED_AUTOSTART" ]; then
	echo "ERROR [init] Unknown model $PX4_SIM_MODEL"
	exit 1
fi
env | while IFS='=' read -r name value; do
	case $name in
		PX4_PARAM_*) param set "${name#PX4_PARAM_}" "$value" ;;
	esac
done
param set-default EKF2_MULTI_IMU 3
autostart_file=''
for f in ${R}etc/init.d-posix/airframes/"$REQUESTED_AUTOSTART"_*; do
	case "$f" in
		*.post) ;;
		*) autostart_file="$f" ;;
	esac
done
. "$autostart_file"
. px4-rc.mavlinksim
"""
MAVLINKSIM = (
    "param set-default EKF2_GPS_DELAY 10\n"
    "param set-default SENS_GPS0_DELAY 10\n"
    "param set-default SENS_GPS1_DELAY 10\n"
)
ALIAS = 'R="`pwd`/"\nparam() { echo "$@" >> param.log; }\n'
IRIS = """. ${R}etc/init.d/rc.mc_defaults
param set-default CA_ROTOR_COUNT 4
param set-default CA_ROTOR0_PX 0.1515
param set-default CA_ROTOR1_PX -0.1515
param set-default PWM_MAIN_FUNC1 101
"""
PLANE = """. ${R}etc/init.d/rc.fw_defaults
param set-default TRIM_PITCH -0.15
param set-default FW_THR_MAX 0.6
param set-default PWM_MAIN_REV 256
"""
OWN_AIRFRAMES = {"10016_none_iris": IRIS, "1030_gazebo-classic_plane": PLANE}
DEFAULTS = {
    "rc.mc_defaults": "set VEHICLE_TYPE mc\nparam set-default NAV_ACC_RAD 2\n",
    "rc.fw_defaults": "set VEHICLE_TYPE fw\nparam set-default NAV_ACC_RAD 10\n",
    "rc.vtol_defaults": "set VEHICLE_TYPE vtol\nparam set-default MIS_TAKEOFF_ALT 20\n",
    "rc.rover_differential_defaults": "set VEHICLE_TYPE rover_differential\nparam set-default CA_R_REV 3\n",
}


def make_etc(etc: Path, *, without: Iterable[str] = ()) -> None:
    """Create start-up files with the structure and order of PX4's."""
    posix = etc / "init.d-posix"
    files = {
        posix / "rcS": RCS,
        posix / "px4-rc.mavlinksim": MAVLINKSIM,
        posix / "px4-alias.sh": ALIAS,  # in PX4 it is in the folder of the binaries
        **{posix / "airframes" / name: text for name, text in OWN_AIRFRAMES.items()},
        **{etc / "init.d" / name: text for name, text in DEFAULTS.items() if name not in without},
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


class Params:
    """Parameter layers: defaults of the firmware, of the start-up, and stored values."""

    def __init__(self) -> None:
        self._defaults: dict[str, float] = {}
        self._stored: dict[str, float] = {}

    def __getitem__(self, name: str) -> float:
        """Return the value that PX4 uses."""
        return self._stored.get(name, self.default(name))

    def default(self, name: str) -> float:
        ours = next((value for end, value in ALWAYS.items() if name.endswith(end)), 0.0)
        return self._defaults.get(name, FIRMWARE.get(name, ours))

    def set(self, name: str, value: float) -> None:
        """Set a value like do_set: the present value is not stored."""
        if value != self[name]:
            self._stored[name] = value

    def set_default(self, name: str, value: float) -> None:
        self._defaults[name] = value


def start_up(folder: Path, environment: Mapping[str, str]) -> Params:
    """Run rcS of the `etc` in `folder`. Raises CalledProcessError with its output."""
    log = folder / "param.log"
    log.unlink(missing_ok=True)
    posix = folder / "etc" / "init.d-posix"
    subprocess.run(
        ["/bin/sh", "etc/init.d-posix/rcS", "0"],
        cwd=folder,
        env={**environment, "PATH": f"{os.environ['PATH']}:{posix}"},
        check=True,
    )
    made = Params()
    for line in log.read_text(encoding="utf-8").splitlines():
        command, name, value = line.split()
        if name not in UNKNOWN:
            {"set": made.set, "set-default": made.set_default}[command](name, float(value))
    return made
