"""Adapters of the authenticator port, and password hashing."""
