"""Rover control and tasks: steering of a differential-drive vehicle."""
