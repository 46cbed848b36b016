"""DJI missions (WPML) as a mission file format."""

from __future__ import annotations

from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.wpml.archive import is_wpml
from controller.missions.formats.wpml.reader import NAME, read
from controller.missions.formats.wpml.writer import losses, write

FORMAT = MissionFormat(
    name=NAME,
    title="DJI WPML",
    endings=(".kmz",),
    sniff=is_wpml,
    read=read,
    write=write,
    losses=losses,
)
