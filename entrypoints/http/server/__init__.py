"""Our runner of one Hypercorn process: HTTP/1.1, and an end within the grace whatever is connected (docs/adr/0004)."""

from entrypoints.http.server.config import ServeError, ServerConfig
from entrypoints.http.server.runner import serve

__all__ = ["ServeError", "ServerConfig", "serve"]
