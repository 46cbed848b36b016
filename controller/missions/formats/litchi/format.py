"""Litchi CSV: missions of Litchi's Mission Hub."""

from __future__ import annotations

from controller.missions.formats.litchi.columns import sniff
from controller.missions.formats.litchi.read import NAME, read
from controller.missions.formats.litchi.write import TITLE, losses, write
from controller.missions.formats.mission_format import MissionFormat

FORMAT = MissionFormat(
    name=NAME,
    title=TITLE,
    endings=(".csv",),
    sniff=sniff,
    read=read,
    write=write,
    losses=losses,
)
