"""Where the demo finds the example repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import oaasplatform
from oaasplatform.cli.errors import Failure

EXAMPLE = Path("examples") / "network-planning"


@dataclass(frozen=True)
class Checkout:
    """The source tree of this project."""

    root: Path

    @property
    def example(self) -> Path:
        """The example repository."""
        return self.root / EXAMPLE

    @property
    def demo_input(self) -> Path:
        """An input of ``edge-placement`` that takes a few seconds."""
        return self.example / "inputs" / "edge-placement-demo.json"

    @property
    def base_image_script(self) -> Path:
        """Makes a base image from packages of the system."""
        return self.root / "deploy" / "base-image.sh"


def find_checkout() -> Checkout:
    """The tree this program is installed from, or else the one around the working directory.

    Raises:
        Failure: there is none.
    """
    starts = (Path(oaasplatform.__file__).resolve(), Path.cwd() / "-")
    for start in starts:
        for directory in start.parents:
            checkout = Checkout(directory)
            if checkout.demo_input.is_file():
                return checkout
    raise Failure(
        f"The demo needs the example repository, and there is no {EXAMPLE} here.",
        advice="Run it in a clone of the OaaS Platform.",
    )
