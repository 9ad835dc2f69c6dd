"""Tells lies of privacy masks: on which paths, where, and for how long."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, UNKNOWN, Allowed, Lie, Telling, changed, says
from agent.demo.liars.worlds_table import COURT, GATE
from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.rtp import METADATA_TYPE
from agent.demo.rtsp.target import Target
from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import DemoCamera
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


def person_in_metadata() -> Telling:
    """Simulates a camera whose metadata lists the persons behind its mask.

    Source: ONVIF Streaming Specification, RTP for metadata stream; ONVIF Analytics Service, Scene Description.

    Offer metadata in every description of a stream, and tell of the person in it.
    """
    return Telling(lying=Lying(sdp=lambda text: text + TRACK, tells=walking))


BEGUN_AT: Final = datetime(2026, 11, 10, 8, 30, tzinfo=UTC)


def bare(camera: DemoCamera, second: int) -> bytes:
    """Return a picture of what a camera sees at a second of the day that the gallery begins in, without its mask."""
    return jpeg(picture(replace(camera, mask=None), "snapshot", BEGUN_AT.replace(second=second)))


def frame(inner: str) -> bytes:
    """Return a document with one frame."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">'
        f'<tt:VideoAnalytics><tt:Frame UtcTime="2026-11-10T08:30:00Z">{inner}</tt:Frame></tt:VideoAnalytics>'
        "</tt:MetadataStream>"
    ).encode()


def scene(data: bytes) -> bytes:
    """Return a document with a picture of the whole scene."""
    return frame(f"<tt:SceneImage>{base64.b64encode(data).decode()}</tt:SceneImage>")


def bare_scene_in_metadata() -> Telling:
    """Simulates a camera whose streams are masked, and whose metadata brings the whole scene without the mask.

    Source: ONVIF metadatastream.xsd, Frame: SceneImage.

    Offer metadata in every description of a stream, and bring the scene behind the mask as it is by then.
    """
    times = 0

    def tell(target: Target) -> tuple[bytes, ...]:
        nonlocal times
        times += 1
        return () if target.camera.mask is None else (scene(bare(target.camera, times % 60)),)

    return Telling(lying=Lying(sdp=lambda text: text + TRACK, tells=tell))


def mask_of_the_neighbour() -> Telling:
    """Answers a question for one camera's masks with those of another.

    Filters of GetMasks are ignored by some firmware; each mask still names its configuration.

    Source: ONVIF Media2 Service Specification, GetMasks, ConfigurationToken.

    Have no mask on court, and list gate's for it as well.
    """
    assert COURT.mask is not None

    def say(asked: str, body: bytes) -> bytes:
        if "GetMasks" not in asked:
            return body
        masks = re.findall(rb"<tr2:Masks .*?</tr2:Masks>", body, re.DOTALL)
        return body.replace(masks[0], masks[0] * 2) if masks else body

    return Telling(lying=Lying(says=say), rows=(replace(COURT, mask=replace(COURT.mask, enabled=False)),))


def switched_off_above() -> Telling:
    """Simulates a device that has every region on and the switch above them off.

    Source: `privacyMask/enabled` and `PrivacyMaskRegion/enabled` are two fields; off above draws nothing.

    Switch the masks of all cameras off above.
    """
    switch = r"(<PrivacyMask [^>]*>)<enabled>true<"
    return says(changed("video/privacymask", switch, r"\g<1><enabled>false<"))


def mask_without_area() -> Telling:
    """Simulates a device that has a region that is on and has no area.

    Source: field reports: regions that were never drawn are listed with all corners at 0, and are on.

    Put every corner at 0.
    """
    return says(changed("privacymask", r"<position([XY])>\d+<", r"<position\1>0<"))


def preview_only() -> Telling:
    """Draws its masks into the preview and not into what it encodes.

    Source: Dahua's SDK header, AV_CFG_VideoWidgetCover: PreviewBlend and EncodeBlend.

    Take the masks out of what is encoded.
    """
    return says(changed("name=VideoWidget", r"(Covers\[0\]\.EncodeBlend(?:Extra1)?)=true", r"\1=false"))


def not_on_the_sub_stream() -> Telling:
    """Draws its masks into the main stream and not into the sub-stream, by its own word.

    Source: Dahua's SDK header: EncodeBlend is the main stream's, EncodeBlendExtra1 that of the first sub-stream.

    Take the masks out of the sub-stream, in words.
    """
    return says(changed("name=VideoWidget", r"(Covers\[0\]\.EncodeBlendExtra1)=true", r"\1=false"))


def bare_by_turns() -> Telling:
    """Simulates a device that forgets its mask on every second snapshot.

    Firmware that starts its masks anew when day turns to night sends some pictures without.

    Source: field reports; one picture proves one moment.

    Draw every second snapshot of gate bare.
    """
    bare, asked_for = replace(GATE, mask=None), [0]

    def show(camera: DemoCamera) -> DemoCamera:
        asked_for[0] += camera.id == "gate"
        return bare if camera.id == "gate" and asked_for[0] % 2 else camera

    return Telling(lying=Lying(shows=show))


EACH = 5

LOOKS = 12
"""So many looks see the mask missing three times, and hidden four times after each."""


def bare_now_and_then() -> Telling:
    """Simulates a device whose mask is missing in every fifth snapshot.

    A box that is short of memory drops the mask now and then; four pictures in a row prove that it is there, and
    nothing about the next.

    Source: field reports; looks at one moment each.

    Draw every fifth snapshot of gate bare, the first among them.
    """
    bare, asked_for = replace(GATE, mask=None), [0]

    def show(camera: DemoCamera) -> DemoCamera:
        asked_for[0] += camera.id == "gate"
        return bare if camera.id == "gate" and asked_for[0] % EACH == 1 else camera

    return Telling(lying=Lying(shows=show))


LASTS = timedelta(hours=2)

SEEN_AS_IT_IS: Allowed = ("fail",)


def bare_hours() -> Telling:
    """Simulates a device that drew no mask for two hours, and does since: those hours are still recorded.

    A mask that was switched off and on again leaves what was recorded meanwhile; no list of a recorder tells it.

    Source: State Council Order 799, article 13; ISAPI, PrivacyMask: it is drawn before encoding, and never afterwards.

    Show library bare for two hours, and play those hours bare ever after.
    """
    begun: list[datetime] = []

    def aim(target: Target, view: DeviceView) -> Target:
        if target.camera.id != "library":
            return target
        if not begun:
            begun.append(view.now)
        at = target.asked.start_at if target.asked is not None else view.now
        if not begun[0] <= at < begun[0] + LASTS:
            return target
        bare = replace(target.camera, place="gate-bare")
        recording = None if target.recording is None else replace(target.recording, camera=bare)
        return replace(target, camera=bare, recording=recording)

    return Telling(lying=Lying(aims=aim))


def shrunken_mask() -> Telling:
    """Simulates a device that draws a mask at half the size that it reports.

    Masks told in the grid of another resolution are drawn by that grid.

    Source: ONVIF Media2, Privacy Masks: polygons are relative to the bounds of the source configuration.

    Draw gate's snapshot with half of the mask.
    """
    assert GATE.mask is not None
    half = replace(
        GATE, mask=replace(GATE.mask, polygon=tuple((0.58 + (x - 0.58) / 2, y) for x, y in GATE.mask.polygon))
    )

    return Telling(lying=Lying(shows=lambda camera: half if camera.id == "gate" else camera))


def same_label_spaced() -> Telling:
    """Writes the same name into two pictures, once with a space that nobody sees.

    Source: ONVIF Media2, GetOSDs, PlainText: any text; GA/T 751 asks for one name for one camera.

    Name court like gate, with a space that does not break behind it.
    """
    return says(changed("GetOSDs", re.escape(COURT.name), f"{GATE.name}\u00a0"))


def chinese_switch() -> Telling:
    """Writes the switch of its masks as a word that is neither true nor false.

    Source: reports of mainland and OEM firmware that writes `on`, `1` or Chinese words for xs:boolean.

    Write 否 (no) for every switch of a mask.
    """
    return says(changed("privacymask", r"<enabled>true</enabled>", "<enabled>否</enabled>"))


def larger_frame() -> Telling:
    """Simulates a device that names a frame in which its regions are a third as large.

    `normalizedScreenSize` is that of the sensor, and the corners are counted in another.

    Source: field reports of `privacyMask` (normalizedScreenSize).

    Name the sensor's frame beside corners of 704x576.
    """

    def say(asked: str, body: bytes) -> bytes:
        body = changed("privacymask", r"(normalizedScreenWidth>)704<", r"\g<1>1920<")(asked, body)
        return changed("privacymask", r"(normalizedScreenHeight>)576<", r"\g<1>1080<")(asked, body)

    return says(say)


def line_for_a_mask() -> Telling:
    """Lists a mask of two corners.

    A polygon may have any number of points, and nothing in the schema asks for three.

    Source: ONVIF schema, `tt:Polygon`: minOccurs of Point is 3 in the document and is checked by no firmware.

    Leave two corners of every mask.
    """
    first = r"(<tr2:Polygon>(?:<tt:Point [^>]*>){2})(?:<tt:Point [^>]*>)*"
    return says(changed("GetMasks", first, r"\1"))


def mask_of_no_source() -> Telling:
    """Lists the mask of a configuration that no profile has.

    Masks outlive the video source configuration for which they were drawn.

    Source: ONVIF Media2 Service Specification, GetMasks: ConfigurationToken.

    Name another configuration than gate's.
    """
    named = r"(<tr2:ConfigurationToken>)vsc1<"
    return says(changed("GetMasks", named, r"\g<1>vsc7<"))


def upside_down_mask() -> Telling:
    """Lists its masks with the rows counted from the top.

    The origin of regions is the lower left corner; firmware of another line counts from the upper left.

    Source: field reports of `privacyMask` (positionY), two clients that differ.

    Turn every row of a region around.
    """

    def turned(found: re.Match[str]) -> str:
        return f"<positionY>{576 - int(found[1])}<"

    return says(changed("privacymask", r"<positionY>(\d+)<", turned))


MASKS: Final[tuple[Lie, ...]] = (
    Lie(
        name="person_in_metadata",
        world="onvif",
        fakes=Message("the picture is masked, and the metadata tells who stands there"),
        makes=person_in_metadata,
        right={"privacy-mask-effective camera:gate": NOT_PASS},
    ),
    Lie(
        name="bare_scene_in_metadata",
        world="onvif",
        fakes=Message("the streams are masked, and the metadata brings the scene without the mask"),
        makes=bare_scene_in_metadata,
        right={"privacy-mask-effective camera:gate": ("fail",)},
        looks=3,
    ),
    Lie(
        name="mask_of_the_neighbour",
        world="onvif",
        fakes=Message("every camera lists the mask of the first one"),
        makes=mask_of_the_neighbour,
        right={
            "privacy-mask-present camera:court": NOT_PASS,
            "privacy-mask-effective camera:court": NOT_PASS,
        },
    ),
    Lie(
        name="switched_off_above",
        world="hikvision",
        fakes=Message("a region is on while the masks of the camera are off"),
        makes=switched_off_above,
        right={
            "privacy-mask-present camera:library": NOT_PASS,
            "privacy-mask-present camera:gym": NOT_PASS,
        },
    ),
    Lie(
        name="mask_without_area",
        world="hikvision",
        fakes=Message("a mask is on and covers nothing"),
        makes=mask_without_area,
        right={
            "privacy-mask-present camera:library": NOT_PASS,
            "privacy-mask-geometry camera:library": NOT_PASS,
        },
    ),
    Lie(
        name="preview_only",
        world="dahua",
        fakes=Message("a mask is drawn on the recorder's own screen only"),
        makes=preview_only,
        right={
            "privacy-mask-present camera:pool": NOT_PASS,
            "privacy-mask-present camera:shed": NOT_PASS,
        },
    ),
    Lie(
        name="not_on_the_sub_stream",
        world="dahua",
        fakes=Message("a mask is drawn on the main stream only"),
        makes=not_on_the_sub_stream,
        right={
            "privacy-mask-present camera:pool": NOT_PASS,
            "privacy-mask-present camera:shed": NOT_PASS,
            "privacy-mask-geometry camera:pool": UNKNOWN,
            "privacy-mask-geometry camera:shed": UNKNOWN,
        },
    ),
    Lie(
        name="bare_by_turns",
        world="onvif",
        fakes=Message("every second picture is bare"),
        makes=bare_by_turns,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="bare_now_and_then",
        world="onvif",
        fakes=Message("every fifth picture is bare"),
        makes=bare_now_and_then,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
        },
        looks=LOOKS,
    ),
    Lie(
        name="bare_hours",
        world="hikvision",
        fakes=Message("masks are on again, and two hours without them are still recorded"),
        makes=bare_hours,
        right={
            "bare-footage-kept camera:library": SEEN_AS_IT_IS,
            "bare-footage-kept camera:gym": NOT_FAIL,
        },
        looks=22,
    ),
    Lie(
        name="shrunken_mask",
        world="onvif",
        fakes=Message("a mask is drawn at half its size"),
        makes=shrunken_mask,
        right={
            "privacy-mask-effective camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="same_label_spaced",
        world="onvif",
        fakes=Message("two cameras write one name, spaced differently"),
        makes=same_label_spaced,
        right={
            "osd-label-unique site": NOT_PASS,
        },
    ),
    Lie(
        name="chinese_switch",
        world="hikvision",
        fakes=Message("the switch of a mask is a word that nobody knows"),
        makes=chinese_switch,
        right={
            "privacy-mask-present camera:library": NOT_PASS,
            "privacy-mask-present camera:gym": NOT_PASS,
            "privacy-mask-geometry camera:library": UNKNOWN,
            "privacy-mask-geometry camera:gym": UNKNOWN,
        },
    ),
    Lie(
        name="larger_frame",
        world="hikvision",
        fakes=Message("a mask is listed in a frame that is not its own"),
        makes=larger_frame,
        right={
            "privacy-mask-geometry camera:library": NOT_PASS,
        },
    ),
    Lie(
        name="line_for_a_mask",
        world="onvif",
        fakes=Message("a mask is a line"),
        makes=line_for_a_mask,
        right={
            "privacy-mask-present camera:gate": NOT_PASS,
            "privacy-mask-geometry camera:gate": NOT_PASS,
        },
    ),
    Lie(
        name="mask_of_no_source",
        world="onvif",
        fakes=Message("a mask belongs to a source that is gone"),
        makes=mask_of_no_source,
        right={
            "privacy-mask-present camera:gate": NOT_PASS,
            "privacy-mask-geometry camera:gate": NOT_PASS,
            "privacy-mask-present camera:court": NOT_FAIL,
        },
    ),
    Lie(
        name="upside_down_mask",
        world="hikvision",
        fakes=Message("a mask is listed upside down"),
        makes=upside_down_mask,
        right={
            "privacy-mask-geometry camera:library": NOT_PASS,
        },
    ),
)
