"""The small picture of each camera that its next one is compared with: shows a frozen and a shaking picture.

It is a picture of a real place. It is kept in the memory of the process and nowhere else: not in the spool, not in a
report, not in a file. After a restart the first picture of each camera is compared with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

_MAX_KEPT = 4096


class Previous:
    """Encoded descriptors (`masking/baseline.py`) by camera id. Used from the thread that runs the cycle."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def all(self) -> Mapping[str, bytes]:
        """Return what is kept."""
        return dict(self._kept)

    def keep(self, camera_id: str, descriptor: bytes) -> None:
        """Remember a camera's newest picture; an empty descriptor forgets the one before."""
        self._kept.pop(camera_id, None)
        if descriptor:
            self._kept[camera_id] = descriptor
        while len(self._kept) > _MAX_KEPT:
            del self._kept[next(iter(self._kept))]

    def __repr__(self) -> str:
        return f"Previous({len(self._kept)} cameras)"
