"""What a log tells of the aircraft's health: findings with their evidence, each against a limit with its source."""
