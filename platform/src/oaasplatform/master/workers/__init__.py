"""Loops that call services: when, not what."""
