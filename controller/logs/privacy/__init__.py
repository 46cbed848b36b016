"""Copies of logs for strangers: without where it was, or without whose it was too."""
