"""MAVLink FTP of the emulated autopilots, read only: files that exist in memory or are generated when they are read."""
