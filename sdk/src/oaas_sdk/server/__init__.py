"""The server of an algorithm repository instance: HTTP on one side, a pool of worker processes on the other."""
