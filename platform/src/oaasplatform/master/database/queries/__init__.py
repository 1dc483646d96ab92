"""What is asked of the tables, one module a noun."""
