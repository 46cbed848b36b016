"""The emulated autopilot on wings: guidance, energy, surfaces, and the tasks and face that make an aeroplane of it."""
