"""The engine that keeps everything in Redis, for any number of processes and with the least delay."""
