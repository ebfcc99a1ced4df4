"""WS /ws: many runs over one socket, by the messages that docs/websocket.md describes."""
