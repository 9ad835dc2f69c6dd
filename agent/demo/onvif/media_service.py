"""Answers the simulated Media1 and Media2 services: profiles, masks, overlays, addresses. Pure.

Both list the same profiles; only Media2 has masks. Mask polygons are in ONVIF's frame, -1..1 with y up.

Source: ONVIF Media Service and Media2 Service Specifications; `ver10/media/wsdl/media.wsdl`,
`ver20/media/wsdl/media.wsdl`.
"""

from markupsafe import Markup

from agent.demo.onvif.device_view import HOST, DeviceView, Profile, source_token
from agent.demo.onvif.soap import MEDIA1, MEDIA2, PREFIXES, Call, SoapFault, join
from agent.demo.scene.scene import SIZES_PX
from agent.demo.world.cameras import DemoCamera, DemoMask
from drivers.model import Polygon

RATE_HZ = 10
PROTOCOLS = ("RTSP", "RtspUnicast", "RtspOverHttp", "RtspsUnicast")

_SOURCE = Markup(
    '<{tag} token="{token}"><tt:Name>{name}</tt:Name><tt:UseCount>2</tt:UseCount>'
    '<tt:SourceToken>{source}</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/></{tag}>'
)
_ENCODER1 = Markup(
    '<tt:VideoEncoderConfiguration token="{token}"><tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount>'
    "<tt:Encoding>H264</tt:Encoding>"
    "<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
    "<tt:Quality>4</tt:Quality><tt:RateControl><tt:FrameRateLimit>{rate}</tt:FrameRateLimit>"
    "<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl>"
    "<tt:H264><tt:GovLength>8</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>"
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
    "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
)
_ENCODER2 = Markup(
    '<tr2:VideoEncoder token="{token}" GovLength="8" Profile="Main">'
    "<tt:Name>{token}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>"
    "<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
    "<tt:RateControl><tt:FrameRateLimit>{rate}</tt:FrameRateLimit><tt:BitrateLimit>{kbps}</tt:BitrateLimit></tt:RateControl>"
    "<tt:Quality>4</tt:Quality></tr2:VideoEncoder>"
)
_PROFILE1 = Markup('<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>{inner}</trt:Profiles>')
_PROFILE2 = Markup('<tr2:Profiles token="{token}" fixed="true"><tr2:Name>{name}</tr2:Name>{inner}</tr2:Profiles>')
_CONFIGURATIONS = Markup("<tr2:Configurations>{inner}</tr2:Configurations>")
_RESPONSE = Markup("<{prefix}:{operation}Response>{inner}</{prefix}:{operation}Response>")
_MASK = Markup(
    '<tr2:Masks token="{token}"><tr2:ConfigurationToken>{configuration}</tr2:ConfigurationToken>'
    "<tr2:Polygon>{points}</tr2:Polygon><tr2:Type>{effect}</tr2:Type>{color}"
    "<tr2:Enabled>{enabled}</tr2:Enabled></tr2:Masks>"
)
_POINT = Markup('<tt:Point x="{x:.6f}" y="{y:.6f}"/>')
_COLOR = Markup('<tr2:Color X="{x}" Y="{y}" Z="{z}" Colorspace="http://www.onvif.org/ver10/colorspace/{space}"/>')
_OPTIONS = Markup(
    '<tr2:Options RectangleOnly="false" SingleColorOnly="false"><tr2:MaxMasks>8</tr2:MaxMasks>'
    "<tr2:MaxPoints>8</tr2:MaxPoints><tr2:Types>Color</tr2:Types><tr2:Types>Pixelated</tr2:Types>"
    "<tr2:Types>Blurred</tr2:Types><tr2:Color>{colors}</tr2:Color></tr2:Options>"
)
_LISTED_COLOR = Markup('<tt:ColorList X="{x}" Y="{y}" Z="{z}" Colorspace="http://www.onvif.org/ver10/colorspace/RGB"/>')
_OSD = Markup(
    '<{prefix}:OSDs token="{token}">'
    "<tt:VideoSourceConfigurationToken>{configuration}</tt:VideoSourceConfigurationToken>"
    "<tt:Type>Text</tt:Type><tt:Position><tt:Type>LowerLeft</tt:Type></tt:Position><tt:TextString>{text}</tt:TextString>"
    "</{prefix}:OSDs>"
)
_PLAIN = Markup("<tt:Type>Plain</tt:Type><tt:PlainText>{text}</tt:PlainText>")
_DATE = Markup(
    "<tt:Type>DateAndTime</tt:Type><tt:DateFormat>yyyy-MM-dd</tt:DateFormat><tt:TimeFormat>HH:mm:ss</tt:TimeFormat>"
)
_MEDIA_URI = Markup(
    "<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
    "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
)
_URI = Markup("<tr2:Uri>{uri}</tr2:Uri>")
_CAPABILITIES1 = Markup(
    '<trt:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="true">'
    '<trt:ProfileCapabilities MaximumNumberOfProfiles="{count}"/>'
    '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/></trt:Capabilities>'
)
_CAPABILITIES2 = Markup(
    '<tr2:Capabilities SnapshotUri="true" Rotation="false" VideoSourceMode="false" OSD="true" Mask="true">'
    '<tr2:ProfileCapabilities MaximumNumberOfProfiles="{count}" ConfigurationsSupported="VideoSource VideoEncoder"/>'
    '<tr2:StreamingCapabilities RTSPStreaming="true" RTPMulticast="false" RTP_RTSP_TCP="true"/></tr2:Capabilities>'
)


def _response(call: Call, inner: Markup) -> Markup:
    return _RESPONSE.format(prefix=PREFIXES[call.namespace], operation=call.operation, inner=inner)


def _source(tag: str, camera: DemoCamera) -> Markup:
    return _SOURCE.format(
        tag=tag, token=source_token(camera, "vsc"), name=camera.name, source=source_token(camera, "vs")
    )


def _encoder(template: Markup, profile: Profile) -> Markup:
    width, height = SIZES_PX[profile.path]
    kbps = 512 if profile.path == "main" else 256
    return template.format(token=f"vec-{profile.token}", width=width, height=height, rate=RATE_HZ, kbps=kbps)


def get_profiles1(view: DeviceView, call: Call) -> Markup:
    """Media1: every profile with source and encoder."""
    listed = [
        _PROFILE1.format(
            token=profile.token,
            name=f"{profile.camera.name} {profile.path}",
            inner=_source("tt:VideoSourceConfiguration", profile.camera) + _encoder(_ENCODER1, profile),
        )
        for profile in view.profiles()
    ]
    return _response(call, join(listed))


def get_profiles2(view: DeviceView, call: Call) -> Markup:
    """Media2: every profile, or the one requested, with configurations of the requested types only."""
    wanted = set(call.texts("Type"))
    token = call.text("Token")
    listed = []
    for profile in view.profiles() if token is None else (view.profile(token),):
        parts = [_source("tr2:VideoSource", profile.camera)] if wanted & {"All", "VideoSource"} else []
        parts += [_encoder(_ENCODER2, profile)] if wanted & {"All", "VideoEncoder"} else []
        inner = _CONFIGURATIONS.format(inner=join(parts)) if parts else Markup("")
        listed.append(_PROFILE2.format(token=profile.token, name=f"{profile.camera.name} {profile.path}", inner=inner))
    return _response(call, join(listed))


def get_video_source_configurations(view: DeviceView, call: Call) -> Markup:
    """One configuration per channel, in the order of the channels."""
    tag = f"{PREFIXES[call.namespace]}:Configurations"
    return _response(call, join([_source(tag, camera) for camera in _selected(view, call)]))


def _selected(view: DeviceView, call: Call) -> tuple[DemoCamera, ...]:
    configuration = call.text("ConfigurationToken")
    return view.cameras if configuration is None else (view.camera(configuration),)


def wire_points(polygon: Polygon) -> Markup:
    """A polygon in ONVIF's frame: x to the right and y up, both -1..1."""
    return join([_POINT.format(x=2 * x - 1, y=1 - 2 * y) for x, y in polygon])


def _color(view: DeviceView, color: str) -> Markup:
    """Recorders of this make speak YCbCr (full range, BT.601), stand-alone cameras RGB; the standard allows both."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    if not view.spec.recorder:
        return _COLOR.format(x=red, y=green, z=blue, space="RGB")
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    cb, cr = 128 + 0.564 * (blue - luma), 128 + 0.713 * (red - luma)
    return _COLOR.format(x=round(luma), y=round(cb), z=round(cr), space="YCbCr")


def get_masks(view: DeviceView, call: Call) -> Markup:
    """The masks as configured, which need not be how the pictures show them."""
    token = call.text("Token")
    listed = [
        _mask(view, camera, camera.mask)
        for camera in _selected(view, call)
        if camera.mask is not None
        and view.fault(camera) != "mask-removed"
        and token in (None, f"mask-{camera.channel}")
    ]
    if token is not None and not listed:
        raise SoapFault("Sender", ("InvalidArgVal", "NoConfig"), "the requested mask does not exist")
    return _response(call, join(listed))


def _mask(view: DeviceView, camera: DemoCamera, mask: DemoMask) -> Markup:
    return _MASK.format(
        token=f"mask-{camera.channel}", configuration=source_token(camera, "vsc"), points=wire_points(mask.polygon),
        effect=mask.effect, color=_color(view, mask.color) if mask.effect == "Color" else Markup(""),
        enabled="true" if mask.enabled else "false",
    )  # fmt: skip


def get_mask_options(view: DeviceView, call: Call) -> Markup:
    """Masks that the device can draw."""
    view.camera(call.text("ConfigurationToken"))
    colors = [_LISTED_COLOR.format(x=level, y=level, z=level) for level in (0, 128, 255)]
    return _response(call, _OPTIONS.format(colors=join(colors)))


def get_osds(view: DeviceView, call: Call) -> Markup:
    """The texts that the camera draws: its name, date and time."""
    prefix = PREFIXES[call.namespace]
    listed = [
        _OSD.format(
            prefix=prefix, token=f"osd-{camera.channel}-{n}", configuration=source_token(camera, "vsc"), text=text
        )
        for camera in _selected(view, call)
        for n, text in enumerate((_PLAIN.format(text=camera.name), _DATE))
    ]
    return _response(call, join(listed))


def get_snapshot_uri(view: DeviceView, call: Call) -> Markup:
    """Address of a JPEG of the profile's source; the query is part of it."""
    profile = view.profile(call.text("ProfileToken"))
    uri = f"http://{HOST}:{view.http_port}/snapshot/{profile.camera.channel}.jpg?profile={profile.token}"
    return _response(call, _uri(call, uri))


def get_stream_uri(view: DeviceView, call: Call) -> Markup:
    """Address of the profile's stream."""
    protocol = call.text("Protocol")
    known = PROTOCOLS if call.namespace == MEDIA2 else ("UDP", "TCP", "RTSP", "HTTP")
    if protocol not in known:
        raise SoapFault("Sender", ("InvalidArgVal", "InvalidStreamSetup"), "the transport is not supported")
    profile = view.profile(call.text("ProfileToken"))
    uri = f"rtsp://{HOST}:{view.rtsp_port}/live/{profile.camera.channel}/{profile.path}?transportmode=unicast"
    return _response(call, _uri(call, uri))


def _uri(call: Call, uri: str) -> Markup:
    return (_MEDIA_URI if call.namespace == MEDIA1 else _URI).format(uri=uri)


def get_service_capabilities(view: DeviceView, call: Call) -> Markup:
    """Capabilities of the media service; `Mask` is in Media2 only."""
    template = _CAPABILITIES1 if call.namespace == MEDIA1 else _CAPABILITIES2
    return _response(call, template.format(count=len(view.profiles())))


OPERATIONS = {
    (MEDIA1, "GetProfiles"): get_profiles1,
    (MEDIA2, "GetProfiles"): get_profiles2,
    (MEDIA2, "GetMasks"): get_masks,
    (MEDIA2, "GetMaskOptions"): get_mask_options,
    **{
        (namespace, operation): reply
        for namespace in (MEDIA1, MEDIA2)
        for operation, reply in {
            "GetVideoSourceConfigurations": get_video_source_configurations,
            "GetServiceCapabilities": get_service_capabilities,
            "GetOSDs": get_osds,
            "GetSnapshotUri": get_snapshot_uri,
            "GetStreamUri": get_stream_uri,
        }.items()
    },
}
