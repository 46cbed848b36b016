"""Files that an aircraft serves about itself over MAVLink FTP."""
