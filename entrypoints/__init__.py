"""The ways in: HTTP, the command line, the worker, and the one place where the parts are put together."""
