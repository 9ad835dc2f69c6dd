"""A clock for the simulated site that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SetClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 8, 30, 5, 250_000, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """What time it is."""
        return self.at

    def advance(self, **parts: float) -> None:
        """Move on, e.g. `advance(seconds=3)`."""
        self.at += timedelta(**parts)
