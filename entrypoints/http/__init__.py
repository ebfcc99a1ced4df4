"""The HTTP side: an app, a server, a blueprint a file."""
