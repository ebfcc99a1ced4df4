"""The world's side of each port: a folder per port, a technology per file."""
