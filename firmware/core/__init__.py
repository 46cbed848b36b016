"""What every role stands on: buffers, time, supervision."""
