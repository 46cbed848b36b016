"""Cameras of aircraft: a table with the source of each value, and own cameras by file."""

from controller.missions.cameras.database import find_camera, known_cameras, read_camera
from controller.missions.cameras.model import CameraModel

__all__ = ["CameraModel", "find_camera", "known_cameras", "read_camera"]
