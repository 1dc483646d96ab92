"""The master: many nodes, one door."""
