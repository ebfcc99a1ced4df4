"""Adapters of the run store, run log, run queue, prompt, user and session ports, an engine per file."""
