"""Defines what the page's process remembers, as frozen values; nothing of it is on a disk.

Pictures are those of a real place with private zones bare: in no repr, log or paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from agent.model.finding import Message
from agent.observe.approvals.approvals import Approval
from agent.onsite.masks_look.seen import CameraLook
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import Declaration
from drivers.model import Observations, Picture
from drivers.picture import PathName

OLD_S: Final = 60.0
"""A live picture that is older is shown as old. House rule."""

APPROVE_WITHIN_S: Final = 1800.0
"""Half an hour: so old may the pictures be on which an approval rests. House rule."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest picture of one path of a camera; `digest` is SHA-256 of its bytes, hex."""

    picture: Picture = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """The last live picture as JPEG for the screen: the browser asks for it next, and it need not be decoded again."""

    digest: str
    width_px: int
    jpeg: bytes = field(repr=False)

    def fits(self, one: Kept, width_px: int) -> bool:
        """Tell whether it is this picture in this width."""
        return (self.digest, self.width_px) == (one.digest, width_px)


@dataclass(frozen=True, slots=True)
class Mark:
    """A camera that a person wants to approve: the digests of the pictures that were on screen, and the reason."""

    pictures: Mapping[str, str]
    why: str = ""


NOT_YET: Final = Message("nothing was looked at yet")


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of the look: `done` of `total` devices; `at`: when the last one ended, aware UTC, None: none has."""

    running: bool = False
    done: int = 0
    total: int = 0
    words: Message = NOT_YET
    at: datetime | None = None


Shown = tuple[str, PathName, str]
"""Camera, path and digest of a picture that was on the screen of this session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the page shows.

    `text` and `site` are site.toml as it was loaded; `drafts` are cameras as a person has drawn them since, and
    `declared` further declarations, not saved yet. `looks` judge the drafts where there are some; `stale`: cameras
    whose pictures or zones have changed since. `told` are the observations of the last look, `marks` cameras to
    approve, `shown` the pictures that were on screen.
    """

    text: str = field(repr=False)
    digest: str
    site: Site = field(repr=False)
    approvals: Mapping[str, Approval] = field(default_factory=dict, repr=False)
    told: Observations = field(default=(), repr=False)
    pictures: Mapping[tuple[str, PathName], Kept] = field(default_factory=dict, repr=False)
    looks: Mapping[str, CameraLook] = field(default_factory=dict, repr=False)
    drafts: Mapping[str, CameraConfig] = field(default_factory=dict, repr=False)
    declared: tuple[Declaration, ...] = ()
    marks: Mapping[str, Mark] = field(default_factory=dict)
    shown: frozenset[Shown] = frozenset()
    stale: frozenset[str] = frozenset()
    progress: Progress = Progress()

    def of_camera(self, camera_id: str) -> tuple[Kept, ...]:
        """Return the pictures of a camera, in no order."""
        return tuple(kept for (name, _), kept in self.pictures.items() if name == camera_id)
