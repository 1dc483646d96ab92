"""Small helpers without any knowledge of the platform."""
