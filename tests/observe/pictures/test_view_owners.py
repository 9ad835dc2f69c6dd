"""Whose approved view a recorded picture shows: its camera's, also if cut or squeezed; another's where that agrees."""

from __future__ import annotations

from dataclasses import replace

from imprints import imprint
from sites import NOW, camera, observed, picture, site

from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.view_owners import OTHERS_MAX, ViewOwners, judge_owned, view_owners
from drivers.model import Observations, Picture
from drivers.picture import PictureSeen
from masking.model import Job, Judged, Position, Positioned
from masking.view.model import AS_APPROVED, Framing, FramingJob, FramingSeen, ViewJob, ViewSeen

OWNERS = ViewOwners(Position("gate", ViewJob((b"g",))), (Position("yard", ViewJob((b"y",))),))
JOB = Job(b"x", "jpeg", framing=FramingJob((b"g",)))
STILL = ViewSeen("still", "tiles", "day", "day", 0.9, 4, 4 / 3)
CUT = Framing(scale_x=4 / 3, offset_x=-1 / 6)


def played(own: str, framing: Framing | None, *, others_still: bool = False) -> tuple[str, int]:
    """Return whose view a picture proves to be, and how often the worker was asked."""
    asked = []

    def judge(job: Job) -> Judged:
        asked.append(job)
        is_own = job.positions == (OWNERS.own,)
        seen = STILL if not is_own and others_still else ViewSeen("unknown", own, "day", "day", 0.0, 0, 4 / 3)
        found = None
        if is_own:
            state = "found" if framing is not None else "unknown"
            found = FramingSeen(state=state, reason="tiles" if framing else "no-match", framing=framing)
        return Judged(704, 576, 90.0, 40.0, framing=found, positioned=Positioned((seen,)))

    _, whose = judge_owned(JOB, judge, OWNERS)
    return whose, len(asked)


def test_a_recording_that_frames_the_own_view_in_another_way_is_the_cameras() -> None:
    assert played("no-match", CUT) == ("gate", 1)
    assert played("no-match", AS_APPROVED, others_still=True) == ("gate", 1)


def test_another_camera_is_named_only_where_its_view_agrees() -> None:
    assert played("other-scene", None) == ("", 2)
    assert played("other-scene", None, others_still=True) == ("yard", 2)
    assert played("no-texture", None, others_still=True) == ("", 1), "a picture that shows too little excludes nothing"


NAMES = [f"c{number:03}" for number in range(128)]
LARGE = view_owners(site(*map(camera, NAMES)), ApprovedViews({name: (name.encode(),) for name in NAMES}))


def shown_by(played: str, truly: str, seen: Observations = ()) -> tuple[str, int]:
    """Return whose view footage of one camera of a large site is said to show, and with how many it was compared."""
    compared = []

    def judge(job: Job) -> Judged:
        compared.extend(one.name for one in job.positions)
        unlike = ViewSeen("unknown", "other-scene", "day", "day", 0.0, 0, 4 / 3)
        views = tuple(STILL if one.name == truly else unlike for one in job.positions)
        return Judged(704, 576, 90.0, 40.0, positioned=Positioned(views), imprint=bytes.fromhex(imprint(7, 1)))

    _, whose = judge_owned(Job(b"x", "jpeg"), judge, LARGE[played], seen)
    return whose, len(compared)


def test_at_a_large_site_the_neighbours_of_a_camera_are_compared_wherever_it_stands() -> None:
    """Lists of recorders are mostly off by one; the last of 128 must not be compared with the first 32."""
    for played, truly in zip(NAMES, [*NAMES[1:], NAMES[-2]], strict=True):
        assert shown_by(played, truly) == (truly, 1 + OTHERS_MAX)


def test_at_a_large_site_a_camera_far_away_is_found_by_its_live_picture() -> None:
    """A recorder that plays another half of its channels: which of them looks alike, its live pictures say."""
    live = tuple(
        one
        for number, name in enumerate(NAMES)
        for one in observed(
            f"camera:{name}", replace(picture("snapshot"), imprint=imprint(7 if name == "c120" else number + 50, 9))
        )
    )
    assert shown_by("c003", "c120") == ("", 1 + OTHERS_MAX)
    assert shown_by("c003", "c120", live) == ("c120", 1 + OTHERS_MAX)


def test_at_a_large_site_what_is_live_is_judged_before_the_footage_that_it_helps_to_name() -> None:
    """Pictures come by camera: that of a camera further on would not be known yet."""

    def judge(job: Job) -> Judged:
        names = [one.name for one in job.positions]
        unlike = ViewSeen("unknown", "other-scene", "day", "day", 0.0, 0, 4 / 3)
        views = Positioned(tuple(STILL if name == "c120" else unlike for name in names)) if names else None
        scene = 7 if names or job.camera == "c120" else 100 + int(job.camera[1:])
        bits = bytes.fromhex(imprint(scene, 1 if names else 9))
        return Judged(704, 576, 90.0, 40.0, positioned=views, imprint=bits)

    taken = [Picture("c003", "playback", NOW, b"x", "jpeg")]
    taken += [Picture(name, "snapshot", NOW, b"x", "jpeg") for name in NAMES]
    seen = judge_pictures(site(*map(camera, NAMES)), tuple(taken), judge, asked=Questions(owners=LARGE))
    (played,) = [one.value for one in seen if isinstance(one.value, PictureSeen) and one.value.path == "playback"]
    assert played.shows == "c120"
