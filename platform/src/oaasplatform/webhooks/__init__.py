"""Signed messages about changes, sent to the URLs that users give."""
