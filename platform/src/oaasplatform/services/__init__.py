"""Use cases, one module a noun. They know the database and the bases of runtimes and protocols, no concrete driver."""
