"""Caches small pictures of each camera that its next ones are compared or joined with. In process memory only.

One is the picture before, which shows a frozen and a shaking picture. The others are gathered in a light in which
nobody approved the view (`derived_views.py`), until they suffice for a background. As pictures of a real place they are
in process memory and nowhere else: not in the spool, a report or a file. After a restart the first picture of each
camera is compared with nothing, and gathering begins anew.
"""

from collections.abc import Mapping
from typing import Final

from agent.observe.pictures.clock_looks import ClockLooks
from agent.observe.pictures.earlier_looks import EarlierLooks
from masking.view import baseline
from masking.view.baseline import Descriptor
from masking.view.model import LightMode

GATHERED_MAX: Final = 5
"""So many pictures make a background (`masking/view/picture.py`)."""

_MAX_KEPT = 4096


class PreviousPictures:
    """Encoded descriptors (`masking/view/baseline.py`) by camera id. Used from the thread that runs the cycle.

    `clocks`: looks at the clocks in the pictures; gathered only where `learns_clocks`.
    """

    def __init__(self, learns_clocks: bool = False) -> None:
        self.clocks = ClockLooks(learns_clocks)
        self._kept: dict[str, bytes] = {}
        self._gathered: dict[str, tuple[tuple[bytes, ...], tuple[bytes, ...]]] = {}
        self._found: dict[str, tuple[LightMode, bytes]] = {}
        self.looks: Final = EarlierLooks()
        """What the last looks at each zone have left."""

    def all(self) -> Mapping[str, bytes]:
        """Return the descriptors of the pictures before."""
        return dict(self._kept)

    def keep(self, camera_id: str, descriptor: bytes) -> None:
        """Store a camera's newest picture; an empty descriptor removes the one before."""
        self._kept.pop(camera_id, None)
        if descriptor:
            self._kept[camera_id] = descriptor
        while len(self._kept) > _MAX_KEPT:
            del self._kept[next(iter(self._kept))]

    def gathered(self, camera_id: str, references: tuple[bytes, ...], light: LightMode) -> tuple[bytes, ...]:
        """Return the pictures gathered in this light under these approved references."""
        under, ones = self._gathered.get(camera_id, ((), ()))
        return ones if under == references and ones and baseline.decode(ones[0]).light == light else ()

    def gather(self, camera_id: str, references: tuple[bytes, ...], descriptor: bytes) -> None:
        """Add a picture that is still in one of these references; another light or shape begins anew."""
        new = baseline.decode(descriptor)
        before = self.gathered(camera_id, references, new.light)
        alike = before if before and _shape(baseline.decode(before[0])) == _shape(new) else ()
        self._gathered[camera_id] = (references, (*alike, descriptor)[-GATHERED_MAX:])

    def forget_gathered(self, camera_id: str) -> None:
        """Begin anew: the camera moved, or the gathered pictures make no background."""
        self._gathered.pop(camera_id, None)

    def forget(self, camera_id: str) -> None:
        """Remove all of a camera: its box was replaced."""
        self.clocks.forget(camera_id)
        for kept in (self._kept, self._gathered, self._found):
            kept.pop(camera_id, None)
        self.looks.forget(camera_id)

    def find(self, camera_id: str, proved_by: LightMode, descriptor: bytes) -> None:
        """Store the background made of gathered pictures until it is taken."""
        self._gathered.pop(camera_id, None)
        self._found[camera_id] = (proved_by, descriptor)

    def take_found(self) -> Mapping[str, tuple[LightMode, bytes]]:
        """Return the backgrounds made since, and remove them."""
        found, self._found = self._found, {}
        return found

    def __repr__(self) -> str:
        return f"PreviousPictures({len(self._kept)} cameras)"


def _shape(descriptor: Descriptor) -> tuple[int, int]:
    return descriptor.width_px, descriptor.height_px
