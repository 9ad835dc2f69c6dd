"""Finds whose approved view a recorded picture shows: its camera's, another one's of the site, or none that is known.

A recorder plays what its own list calls this camera's footage; only the picture tells whose it is. The view of weeks
ago may be another one that nobody approved, so that a picture that matches none proves nothing. Other cameras are
compared only where the own view is not proven: a few of a large site, first those whose live picture looks alike, then
the nearest of the same recorder, as lists are mostly off by one. A recorder may cut or squeeze what it records: a
picture that frames the own approved view in such a way shows it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from agent.observe.footage.days import recorder_of
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.moments import imprints
from agent.observe.pictures.studies import corners
from agent.site.config.site import CameraConfig, Site
from drivers.model import Observation
from masking.model import Job, Judged, Position
from masking.view.likeness import likeness, read
from masking.view.model import ViewJob, ViewSeen

OTHERS_MAX: Final = 32
"""With how many other cameras a picture is compared at most: each takes 10 to 20 ms."""

Judge = Callable[[Job], Judged]


@dataclass(frozen=True, slots=True)
class ViewOwners:
    """The approved views that a camera's footage may show: its own, and all others, the likeliest first.

    Names are camera ids.
    """

    own: Position
    others: tuple[Position, ...] = ()


def view_owners(site: Site, known: ApprovedViews) -> Mapping[str, ViewOwners]:
    """Return the views that the recorded pictures of each camera of a site may show, by camera id.

    A camera that turns, or has no approved view, is left out.
    """
    cameras = [one for one in site.cameras if not one.presets and known.references.get(one.camera.id)]
    views = [_position(one, known.references[one.camera.id]) for one in cameras]
    recorders = [recorder_of(one) for one in cameras]
    found: dict[str, ViewOwners] = {}
    for number, own in enumerate(views):
        rest = [
            (recorders[other] != recorders[number], abs(other - number), other)
            for other in range(len(views))
            if other != number
        ]
        found[own.name] = ViewOwners(own, tuple(views[other] for *_, other in sorted(rest)))
    return found


def judge_owned(
    job: Job, judge: Judge, owners: ViewOwners | None, seen: Iterable[Observation] = ()
) -> tuple[Judged, str]:
    """Judge a recorded picture, and return whose view it proves to be, by camera id; empty where that is not proven.

    `seen`: what was seen in this look so far; its live pictures say which of many other cameras are compared.

    Raises:
        WorkerError: As `judge`.
    """
    if owners is None or job.positions:
        return judge(job), ""
    judged = judge(replace(job, positions=(owners.own,)))
    own = judged.positioned.views if judged.positioned is not None else ()
    if judged.framing is not None and judged.framing.state == "found":
        return replace(judged, positioned=None), owners.own.name
    if any(_is_shown(one) or one.state == "moved" for one in own):
        return replace(judged, positioned=None), owners.own.name
    if not owners.others or not any(one.reason in _COMPARED for one in own):
        return replace(judged, positioned=None), ""
    compared = _likeliest(owners.others, judged.imprint, seen)
    others = replace(job, zones=(), study=None, positions=compared, framing=None, calibrate=(), clock=None)
    among = judge(others)
    views = among.positioned.views if among.positioned is not None else ()
    shown = [one.name for one, view in zip(compared, views, strict=False) if _is_shown(view)]
    return replace(judged, positioned=None), shown[0] if len(shown) == 1 else ""


def _likeliest(others: tuple[Position, ...], imprint: bytes, seen: Iterable[Observation]) -> tuple[Position, ...]:
    """Return the cameras to compare with: of many those first whose live picture of this look is alike."""
    own = read(imprint) if len(others) > OTHERS_MAX else None
    live, _ = imprints(seen if own is not None else ())

    def is_alike(name: str) -> bool:
        return own is not None and any(likeness(own, one) in ("alike", "equal") for one in live.get(name, {}).values())

    return tuple(sorted(others, key=lambda one: not is_alike(one.name))[:OTHERS_MAX])


_COMPARED: Final = ("no-match", "few-agree", "one-sided", "other-scene")
"""Why the own view is not proven in a picture that has enough to be compared by."""


def _is_shown(view: ViewSeen) -> bool:
    return view.state == "still"


def _position(camera: CameraConfig, references: tuple[bytes, ...]) -> Position:
    areas = (*(zone.polygon for zone in camera.zones), *(corners(box) for box in camera.overlay_boxes))
    return Position(camera.camera.id, ViewJob(references, areas))
