"""How the master talks to nodes."""
