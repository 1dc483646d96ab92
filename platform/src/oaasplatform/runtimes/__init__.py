"""Drivers for container engines; only ``bootstrap`` picks one."""
