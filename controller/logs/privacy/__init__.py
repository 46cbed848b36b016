"""Privacy of logs: anonymized copies, and encryption of flights."""
