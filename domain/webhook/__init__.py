"""Telling an address of the user's choice that a run has ended: what may be called, with what, and how often."""
