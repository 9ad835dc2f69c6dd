"""A reader of stores for tests: what each store does is told by its pattern. Implements `read` as readers do."""

from __future__ import annotations

import threading

from patience import PATIENCE_S

from drivers.footage import StoreTask
from drivers.model import Observation, Observations, Picture, Recordings, Unavailable

RELEASE = threading.Event()
"""Set by a test to let stuck readers go, so that no thread outlives it."""


def read(task: StoreTask) -> tuple[Observations, tuple[Picture, ...]]:
    """Do what the store's pattern says."""
    act = task.store.pattern
    if act == "bug":
        raise RuntimeError("secret-in-a-message")
    if act == "stuck":
        RELEASE.wait(PATIENCE_S)
    while act == "long" and not RELEASE.wait(0.01):
        task.progress()
    values = [Observation(f"camera:{camera}", Recordings(()), task.now, "store") for camera, _ in task.cameras]
    if act == "says-why":
        missing = Unavailable("picture", "refused", "may not be read", "playback")
        values += [Observation(f"camera:{camera}", missing, task.now, "store") for camera, _ in task.cameras]
    due = [camera for camera, _ in task.cameras if camera in task.due] if act == "pictures" else []
    return tuple(values), tuple(Picture(camera, "playback", task.now, b"x", "h264") for camera in due)
