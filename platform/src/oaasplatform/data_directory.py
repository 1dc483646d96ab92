"""What a program has in its data directory for itself alone: the directory, and the key of its secrets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from oaasplatform.domain.errors import SettingsInvalid
from oaasplatform.kit.locks import Locked, exclusive
from oaasplatform.kit.sealing import Sealer
from oaasplatform.settings import CommonSettings


@contextlib.contextmanager
def occupied(directory: Path) -> Iterator[None]:
    """Make the data directory and keep other nodes and masters out of it. Raises ``SettingsInvalid``."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with exclusive(directory / "node.lock"):
            yield
    except Locked as error:
        raise SettingsInvalid(
            f"Another node (process {error.owner}) uses {directory}. Stop it, or name another one with --data-dir."
        ) from error


def sealer(settings: CommonSettings) -> Sealer:
    """Seals with the key of the settings, or with the one in the data directory. Raises ``SettingsInvalid``."""
    key = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    key_file = settings.data_dir / "secret.key"
    try:
        return Sealer(key or None, key_file)
    except (ValueError, OSError) as error:
        place = "OAAS_SECRET_KEY" if key else key_file
        raise SettingsInvalid(f"{place} has no usable key: {error}.") from error
