"""Landline's ground station: links, missions, parameters, logs and the command line.

The public names are in `landline`.
"""

__version__ = "0.5.0"
