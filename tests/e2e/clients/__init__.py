"""Clients that others wrote, at a real Galley."""
