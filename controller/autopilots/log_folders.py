"""Folders of on-board logs of all autopilots, for MAVLink FTP."""

from __future__ import annotations

from controller.autopilot_facts.facts import ARDUPILOT, PX4, StackFacts

LOG_FOLDERS = StackFacts(ARDUPILOT).texts("ftp_log_folder") + StackFacts(PX4).texts("ftp_root")
