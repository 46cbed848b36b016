"""MAVLink's services as machines without I/O and without a clock, for both roles: the ground's and the vehicle's."""
