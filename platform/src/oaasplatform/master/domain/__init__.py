"""Nodes as the master sees them, and where executions go: pure."""
