"""What Galley is about, with no I/O, no clock and no framework."""
