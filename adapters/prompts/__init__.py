"""Adapters of the prompt store port."""
