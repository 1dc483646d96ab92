"""Example algorithm repository: planning problems in networks."""
