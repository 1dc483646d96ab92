"""Shapes of the API of the master."""
