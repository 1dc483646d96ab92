"""The command line ``oaas``: an HTTP client of the node API, plus ``up``, ``demo`` and ``doctor``.

Third-party packages that are slow to import (httpx, rich, pydantic-settings) are imported where they are used, so that
``oaas --help`` and shell completion answer at once.
"""
