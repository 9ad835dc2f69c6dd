"""What tests ask of the simulated site: SOAP calls with the right login, snapshots, and the pixels of a zone."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import requests
from demo_clock import SetClock
from patience import PATIENCE_S
from requests.auth import HTTPDigestAuth
from soap_talk import Answer, call, token

from agent.demo.scene.scene import picture
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DemoCamera
from drivers.picture import PathName

Image = np.ndarray[Any, Any]
MASKS = "<tr2:GetMasks/>"
BY_ID = {camera.id: camera for camera in CAMERAS}


def element(name: str, **arguments: str | None) -> str:
    """A call with its arguments in the namespace of the operation."""
    prefix = name.partition(":")[0]
    inner = "".join(f"<{prefix}:{key}>{value}</{prefix}:{key}>" for key, value in arguments.items())
    return f"<{name}>{inner}</{name}>"


def ask(site: SimulatedSite, device: str, body: str, clock: SetClock) -> Answer:
    """Call with the right login."""
    answer = call(site.devices[device].port, body, token(*site.login(device), clock.at))
    assert answer.status == 200, answer.body
    return answer


def snapshot(site: SimulatedSite, device: str, channel: int = 1) -> Image:
    """Fetch a snapshot with HTTP Digest and decode it."""
    with requests.Session() as session:
        session.trust_env = False
        url = f"http://127.0.0.1:{site.devices[device].port}/snapshot/{channel}.jpg?profile=ch{channel}-main"
        reply = session.get(url, auth=HTTPDigestAuth(*site.login(device)), timeout=PATIENCE_S)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/jpeg")
    return cv2.imdecode(np.frombuffer(reply.content, np.uint8), cv2.IMREAD_COLOR)


def zone(image: Image, camera: DemoCamera, shift_norm: float = 0.0) -> Image:
    """The pixels of a camera's zone, 8 px in from its edge."""
    assert camera.mask is not None
    height, width = image.shape[:2]
    inside = np.zeros((height, width), np.uint8)
    points = [((x + shift_norm) * width, y * height) for x, y in camera.mask.polygon]
    cv2.fillPoly(inside, [np.array(points, np.int32)], 255)
    return image[cv2.erode(inside, np.ones((17, 17), np.uint8)) > 0].astype(np.float32)


def bare(camera_id: str, path: PathName = "snapshot") -> Image:
    """What the camera would show without a mask."""
    return picture(BY_ID[camera_id], path, SetClock().at, "mask-removed")
