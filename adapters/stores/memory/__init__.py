"""The engine that keeps everything in memory: the reference implementation, for tests and for one-off runs."""
