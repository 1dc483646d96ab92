"""Adapters for the HTTP dialects of algorithm repositories."""
