"""Roles of the box, one file each. A role is optional and independent of ports and clocks."""
