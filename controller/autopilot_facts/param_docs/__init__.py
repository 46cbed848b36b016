"""Packed documentation of parameters, one file for each firmware family.

`px4.json.xz`: the parameter metadata that PX4 v1.17.0-alpha1 (git a70a558393, August 2025) serves, unchanged. PX4's
build makes it from its source. PX4-Autopilot is under the BSD 3-clause licence, Copyright (c) 2012 - 2025 PX4
Development Team.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
