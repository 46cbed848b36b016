"""Documentation of parameters: units, ranges, options and words, as autopilots and their projects write them."""
