"""Adapters of the provider port."""
