"""Answers for the video of a simulated ISAPI device: streams, cameras of a recorder, masks, overlays. Pure.

A recorder has the masks of its cameras under `ContentMgmt/InputProxy`; a camera its own under `System/Video/inputs`.
Masks are written in a frame of 704x576, origin at the bottom left, each edge on the grid line outside of it.

Source: field reports and client code. The mask body of a recorder's channel, not read from a real unit, is taken to be
that of a camera. The vertical origin is that of two clients and of the factory layout of overlays.
"""

import math

from markupsafe import Markup

from agent.demo.isapi.rtsp import SERVED, STREAM_NUMBERS
from agent.demo.isapi.xml import HIKVISION, ISAPI, IsapiError, IsapiRequest, document, not_supported, xml_boolean
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import join
from agent.demo.scene.scene import SIZES_PX
from agent.demo.world.cameras import DemoCamera, DemoMask
from drivers.picture import PathName

FRAME_PX = (704, 576)
REGIONS_MAX = 4
CAMERA_USER = "admin"
MASK_TYPES = {"Color": "black", "Pixelated": "mosaic", "Blurred": "gaussianBlur"}

_STREAM = Markup(
    "<id>{id}</id><channelName>{name}</channelName><enabled>true</enabled>"
    "<Transport><maxPacketSize>1000</maxPacketSize><ControlProtocolList><ControlProtocol><streamingTransport>RTSP"
    "</streamingTransport></ControlProtocol></ControlProtocolList></Transport>"
    "<Video><enabled>true</enabled><dynVideoInputChannelID>{channel}</dynVideoInputChannelID>"
    "<videoCodecType>H.264</videoCodecType><videoResolutionWidth>{width}</videoResolutionWidth>"
    "<videoResolutionHeight>{height}</videoResolutionHeight><videoQualityControlType>VBR</videoQualityControlType>"
    "<fixedQuality>60</fixedQuality><vbrUpperCap>{kbps}</vbrUpperCap><maxFrameRate>1000</maxFrameRate>"
    "<GovLength>8</GovLength></Video><Audio><enabled>false</enabled></Audio>"
)
_INPUT = Markup(
    "<id>{channel}</id><name>{name}</name><sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol>"
    "<addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.168.254.{host}</ipAddress>"
    "<managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort><userName>{user}</userName>"
    "<streamType>auto</streamType><model>{model}</model><serialNumber>{serial}</serialNumber>"
    "<firmwareVersion>V5.5.800</firmwareVersion></sourceInputPortDescriptor>"
)
_INPUT_STATUS = Markup(
    "<id>{channel}</id><sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol>"
    "<ipAddress>192.168.254.{host}</ipAddress></sourceInputPortDescriptor><online>{online}</online>"
    "<streamingProxyChannelIdList>{streams}</streamingProxyChannelIdList><chanDetectResult>{word}</chanDetectResult>"
)
_STREAM_ID = Markup("<streamingProxyChannelId>{id}</streamingProxyChannelId>")
_MASK = Markup(
    "<enabled>{enabled}</enabled><normalizedScreenSize><normalizedScreenWidth>{width}</normalizedScreenWidth>"
    "<normalizedScreenHeight>{height}</normalizedScreenHeight></normalizedScreenSize>{regions}"
)
_REGION = Markup(
    "<PrivacyMaskRegion><id>{id}</id><enabled>{enabled}</enabled><RegionCoordinatesList>{points}"
    "</RegionCoordinatesList><maskType>{type}</maskType></PrivacyMaskRegion>"
)
_POINT = Markup("<RegionCoordinates><positionX>{x}</positionX><positionY>{y}</positionY></RegionCoordinates>")
_OVERLAY = Markup(
    "<normalizedScreenSize><normalizedScreenWidth>704</normalizedScreenWidth>"
    "<normalizedScreenHeight>576</normalizedScreenHeight></normalizedScreenSize>"
    '<TextOverlayList size="4"></TextOverlayList>'
    "<DateTimeOverlay><enabled>true</enabled><positionX>0</positionX><positionY>544</positionY>"
    "<dateStyle>YYYY-MM-DD</dateStyle><timeStyle>24hour</timeStyle><displayWeek>false</displayWeek></DateTimeOverlay>"
    "<channelNameOverlay><enabled>true</enabled><positionX>512</positionX><positionY>64</positionY>"
    "</channelNameOverlay>"
)


def camera_of(view: DeviceView, channel: int) -> DemoCamera:
    """Find the camera of an input.

    Raises:
        IsapiError: There is none.
    """
    for camera in view.cameras:
        if camera.channel == channel:
            return camera
    raise IsapiError(404, 4, "notSupport")


def stream_of(view: DeviceView, number: int) -> tuple[DemoCamera, PathName]:
    """Find a stream by its number, such as 101.

    Raises:
        IsapiError: There is none; a third stream that is not switched on is refused as on real units.
    """
    channel, stream = divmod(number, 100)
    if SERVED.get(stream) not in view.streams():
        raise IsapiError(400, 6, "badParameters")
    return camera_of(view, channel), SERVED[stream]


def streams(ask: IsapiRequest) -> Markup:
    """`Streaming/channels`."""
    listed = [
        document("StreamingChannel", _stream(camera, number), ISAPI)
        for camera in ask.view.cameras
        for number, path in SERVED.items()
        if path in ask.view.streams()
    ]
    return document("StreamingChannelList", join(listed), ISAPI)


def stream(ask: IsapiRequest) -> Markup:
    """`Streaming/channels/101`."""
    camera, _ = stream_of(ask.view, ask.numbers[0])
    return document("StreamingChannel", _stream(camera, ask.numbers[0] % 100), HIKVISION)


def _stream(camera: DemoCamera, number: int) -> Markup:
    width, height = SIZES_PX[SERVED[number]]
    return _STREAM.format(
        id=camera.channel * 100 + number, name=camera.name, channel=camera.channel, width=width, height=height,
        kbps=2048 if number == 1 else 512,
    )  # fmt: skip


def inputs(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels`."""
    listed = [document("InputProxyChannel", _input(camera)) for camera in _behind(ask.view)]
    return document("InputProxyChannelList", join(listed), ISAPI)


def one_input(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels/1`."""
    return document("InputProxyChannel", _input(_behind_at(ask)))


def _input(camera: DemoCamera) -> Markup:
    return _INPUT.format(
        channel=camera.channel, name=camera.name, host=10 + camera.channel % 200, user=CAMERA_USER,
        model=f"DS-2CD-{camera.id}", serial=f"SN{camera.code}",
    )  # fmt: skip


def input_states(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels/status`."""
    listed = [document("InputProxyChannelStatus", _state(camera)) for camera in _behind(ask.view)]
    return document("InputProxyChannelStatusList", join(listed))


def input_state(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels/1/status`."""
    return document("InputProxyChannelStatus", _state(_behind_at(ask)), ISAPI)


def _state(camera: DemoCamera) -> Markup:
    online = camera.link == "online"
    numbers = [_STREAM_ID.format(id=camera.channel * 100 + number) for number in STREAM_NUMBERS]
    return _INPUT_STATUS.format(
        channel=camera.channel, host=10 + camera.channel % 200, online=xml_boolean(online), streams=join(numbers),
        word="connect" if online else camera.link,
    )  # fmt: skip


def proxy_mask(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels/1/video/privacyMask`; the recorder requests it from its camera."""
    return _mask(_reached(_behind_at(ask)))


def proxy_mask_regions(ask: IsapiRequest) -> Markup:
    """`ContentMgmt/InputProxy/channels/1/video/privacyMask/regions`."""
    return _regions(_reached(_behind_at(ask)))


def own_mask(ask: IsapiRequest) -> Markup:
    """`System/Video/inputs/channels/1/privacyMask`: of a camera itself; a recorder has no input of its own."""
    return _mask(_own(ask))


def own_mask_regions(ask: IsapiRequest) -> Markup:
    """`System/Video/inputs/channels/1/privacyMask/regions`."""
    return _regions(_own(ask))


def overlays(ask: IsapiRequest) -> Markup:
    """`System/Video/inputs/channels/1/overlays`, which recorders have for their cameras too."""
    camera_of(ask.view, ask.numbers[0])
    return document("VideoOverlay", _OVERLAY, ISAPI)


def _mask(camera: DemoCamera) -> Markup:
    enabled = camera.mask is not None and camera.mask.enabled
    width, height = FRAME_PX
    return document(
        "PrivacyMask", _MASK.format(enabled=xml_boolean(enabled), width=width, height=height, regions=_regions(camera))
    )


def _regions(camera: DemoCamera) -> Markup:
    region = Markup("")
    if camera.mask is not None:
        points = join([_POINT.format(x=x, y=y) for x, y in corners(camera.mask)])
        region = _REGION.format(id=1, enabled="true", points=points, type=MASK_TYPES[camera.mask.effect])
    return document("PrivacyMaskRegionList", region, size=REGIONS_MAX)


def corners(mask: DemoMask) -> tuple[tuple[int, int], ...]:
    """The four corners of the box around a mask on the device's grid, y up, lower left first."""
    width, height = FRAME_PX
    across, down = [x * width for x, _ in mask.polygon], [y * height for _, y in mask.polygon]
    left, right = max(0, math.floor(min(across))), min(width, math.ceil(max(across)))
    low, high = max(0, math.floor(height - max(down))), min(height, math.ceil(height - min(down)))
    return (left, low), (right, low), (right, high), (left, high)


def _behind(view: DeviceView) -> tuple[DemoCamera, ...]:
    """The cameras behind a recorder.

    Raises:
        IsapiError: It is a camera.
    """
    if not view.spec.recorder:
        raise not_supported()
    return view.cameras


def _behind_at(ask: IsapiRequest) -> DemoCamera:
    _behind(ask.view)
    return camera_of(ask.view, ask.numbers[0])


def _reached(camera: DemoCamera) -> DemoCamera:
    if camera.link != "online":
        raise IsapiError(500, 3, "deviceError")
    return camera


def _own(ask: IsapiRequest) -> DemoCamera:
    if ask.view.spec.recorder:
        raise not_supported()
    return camera_of(ask.view, ask.numbers[0])
