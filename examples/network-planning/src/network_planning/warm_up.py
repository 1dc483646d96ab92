"""Importing the heavy libraries while the instance is ready already.

NumPy, HiGHS and networkx take most of a second to import. An instance answers, and may run ``noop``, long before. A
run that needs a library which is still being imported waits for it.
"""

from __future__ import annotations

import threading
from importlib import import_module

SOLVERS = (
    "network_planning.edge_placement.solve",
    "network_planning.capacity_planning.solve",
    "network_planning.shortest_paths.solve",
)
"""Modules that the algorithms import when they run."""


def start() -> None:
    """Import the solvers on a thread of their own."""
    threading.Thread(target=_import_solvers, name="warm-up", daemon=True).start()


def _import_solvers() -> None:
    for module in SOLVERS:
        import_module(module)
