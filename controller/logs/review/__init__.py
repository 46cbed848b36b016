"""The review of a log: findings about the health of the aircraft, each with its evidence, its limit and the source of
the limit."""
