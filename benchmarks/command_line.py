"""The command line of a benchmark: each size has one value to measure with and one for ``--smoke``."""

from __future__ import annotations

import argparse


class CommandLine:
    """Options of one script."""

    def __init__(self, description: str | None) -> None:
        self._parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        self._parser.add_argument(
            "--smoke", action="store_true", help="tiny sizes: seconds, checks every answer, says nothing about speed"
        )
        self._sizes: dict[str, tuple[float, float]] = {}

    def size(self, name: str, normal: float, smoke: float, meaning: str) -> None:
        """Add an option that is a number of the type of ``normal``."""
        self._sizes[name] = (normal, smoke)
        self._parser.add_argument(
            f"--{name}", type=type(normal), metavar="N", help=f"{meaning} ({normal}; with --smoke {smoke})"
        )

    def parse(self) -> argparse.Namespace:
        """What was asked for, with defaults filled in."""
        arguments = self._parser.parse_args()
        for name, (normal, smoke) in self._sizes.items():
            field = name.replace("-", "_")
            if getattr(arguments, field) is None:
                setattr(arguments, field, smoke if arguments.smoke else normal)
        return arguments
