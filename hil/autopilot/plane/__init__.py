"""Fixed-wing control and tasks: guidance, energy control, surfaces, transitions of quadplanes."""
