"""Addresses for the networks of stacks."""

from __future__ import annotations

from ipaddress import IPv4Network

STACK_NETWORKS = IPv4Network("10.213.0.0/16")
"""What they are taken from unless the settings say otherwise: enough for some two thousand stacks."""
STACK_PREFIX = 27
"""Length of each one's subnet: 29 addresses beside the gateway's; a stack has 20 services at most."""
