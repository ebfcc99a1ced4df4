"""Clients that others wrote, and our own, each on a real Galley."""
