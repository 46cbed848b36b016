"""The emulated autopilot on wheels: steering, and the tasks and face that make a rover of it."""
