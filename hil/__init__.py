"""Landline's simulator: what pretends to be the aircraft, from rotor to radio."""
