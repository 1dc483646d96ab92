"""Figures as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_BIT_UNITS = ("bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s")
NOTHING = "-"
"""Stands for a value that is not there."""


def size(amount: float | None) -> str:
    """Bytes, decimal units like the quotas: ``512 MB``."""
    return _scaled(amount, _BYTE_UNITS)


def bandwidth(amount: float | None) -> str:
    """Bits per second: ``100 Mbit/s``."""
    return _scaled(amount, _BIT_UNITS)


def cores(amount: float | None) -> str:
    """Cores: ``0.5 cores``."""
    if amount is None:
        return NOTHING
    return f"{amount:g} core" if amount == 1 else f"{amount:.3g} cores"


def number(value: float | None) -> str:
    """A figure of any size with about seven digits: ``1,234.5``."""
    if value is None:
        return NOTHING
    if value and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.6g}"
    text = f"{value:,.{4 if abs(value) < 1000 else 2}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: float | None) -> str:
    """A fraction as ``12.3 %``."""
    if fraction is None:
        return NOTHING
    return f"{fraction * 100:.3g} %" if abs(fraction) < 1 else f"{fraction * 100:,.0f} %"


def duration(seconds: float | None) -> str:
    """A time span: ``12 ms``, ``2.3 s``, ``3 min 5 s``, ``2 h 7 min``, ``3 d 4 h``."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return _two_parts(whole, "min", 60, "s", 1)
    if whole < 86_400:
        return _two_parts(whole, "h", 3600, "min", 60)
    return _two_parts(whole, "d", 86_400, "h", 3600)


def since(timestamp: str | None, now: datetime | None = None) -> str:
    """How long ago an RFC 3339 time was: ``3 min 5 s ago``."""
    if timestamp is None:
        return NOTHING
    return f"{duration(((now or datetime.now(UTC)) - datetime.fromisoformat(timestamp)).total_seconds())} ago"


def between(start: str | None, end: str | None) -> float | None:
    """Seconds between two RFC 3339 times; up to now while there is no end."""
    if start is None:
        return None
    until = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return (until - datetime.fromisoformat(start)).total_seconds()


def _two_parts(seconds: int, large: str, span: int, small: str, part: int) -> str:
    rest = seconds % span // part
    return f"{seconds // span} {large}" + (f" {rest} {small}" if rest else "")


def _scaled(amount: float | None, units: tuple[str, ...]) -> str:
    if amount is None:
        return NOTHING
    for unit in units[:-1]:
        if abs(amount) < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} {units[-1]}"
