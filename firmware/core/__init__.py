"""Foundations of every role: buffers, time, files, supervision."""
