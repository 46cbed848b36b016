"""Guidance: the paths in time that the autopilots fly to a point, each by its stack's own laws."""
