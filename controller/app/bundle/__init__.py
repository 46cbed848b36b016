"""Signed bundle that installs Landline without a network: wheels, maps, firmware, their hashes and components."""
