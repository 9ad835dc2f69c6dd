"""Whose approved view a recorded picture shows: its camera's, also if cut or squeezed; another's where that agrees."""

from __future__ import annotations

from agent.observe.pictures.view_owners import ViewOwners, judge_owned
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
