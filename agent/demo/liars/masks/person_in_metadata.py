"""Simulates a camera whose metadata lists the persons behind its mask.

Source: ONVIF Streaming Specification, RTP for metadata stream; ONVIF Analytics Service, Scene Description.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling
from agent.demo.rtsp.rtp import METADATA_TYPE
from agent.demo.rtsp.target import Target
from agent.demo.world.lying import Lying
from agent.model.finding import Message

TRACK = (
    f"m=application 0 RTP/AVP {METADATA_TYPE}\r\na=rtpmap:{METADATA_TYPE} vnd.onvif.metadata/90000\r\n"
    "a=control:trackID=metadata\r\n"
)
STEPS = 8


def person(x: float, y: float, number: int = 7) -> bytes:
    """Return a document that tells of one person with the feet at a place in 0..1, origin top-left, y down."""
    across, up = 2 * x - 1, 1 - 2 * y
    box = f'left="{across - 0.02:.3f}" right="{across + 0.02:.3f}" top="{up + 0.05:.3f}" bottom="{up - 0.05:.3f}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">'
        '<tt:VideoAnalytics><tt:Frame UtcTime="2026-11-24T12:00:00Z">'
        f'<tt:Object ObjectId="{number}"><tt:Appearance><tt:Shape><tt:BoundingBox {box}/>'
        f'<tt:CenterOfGravity x="{across:.3f}" y="{up:.3f}"/></tt:Shape></tt:Appearance></tt:Object>'
        "</tt:Frame></tt:VideoAnalytics></tt:MetadataStream>"
    ).encode()


def walking(target: Target) -> tuple[bytes, ...]:
    """Tell of a person who walks through the middle of a camera's mask."""
    mask = target.camera.mask
    if mask is None:
        return ()
    xs, ys = [x for x, _ in mask.polygon], [y for _, y in mask.polygon]
    width, height = max(xs) - min(xs), (min(ys) + max(ys)) / 2
    return tuple(person(min(xs) + width * (step + 0.5) / STEPS, height) for step in range(STEPS))


def make() -> Telling:
    """Offer metadata in every description of a stream, and tell of the person in it."""
    return Telling(lying=Lying(sdp=lambda text: text + TRACK, tells=walking))


LIE = Lie(
    name="person_in_metadata",
    world="onvif",
    fakes=Message("the picture is masked, and the metadata tells who stands there"),
    makes=make,
    right={"privacy-mask-effective camera:gate": NOT_PASS},
)
