"""Use cases of the master, one module a noun."""
