"""What a scripted ONVIF device says, as XML: envelopes, faults, masks, recordings, events. Pure text."""

from __future__ import annotations

from datetime import datetime

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
NAMESPACES = (
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:tse="http://www.onvif.org/ver10/search/wsdl" xmlns:trp="http://www.onvif.org/ver10/replay/wsdl" '
    'xmlns:trc="http://www.onvif.org/ver10/recording/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" '
    'xmlns:tas="http://www.onvif.org/ver10/advancedsecurity/wsdl" xmlns:tns1="http://www.onvif.org/ver10/topics" '
    'xmlns:ter="http://www.onvif.org/ver10/error"'
)
SERVICES = {
    "device": ("tds", "/onvif/device_service"),
    "media": ("trt", "/onvif/media"),
    "media2": ("tr2", "/onvif/media2"),
    "search": ("tse", "/onvif/search"),
    "replay": ("trp", "/onvif/replay"),
    "recording": ("trc", "/onvif/recording"),
    "security": ("tas", "/onvif/security"),
}
_NAMESPACE_OF = {prefix: uri for prefix, uri in (pair.split("=") for pair in NAMESPACES.replace("xmlns:", "").split())}


def envelope(body: str) -> bytes:
    """Wrap what stands in a SOAP body."""
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPE}" {NAMESPACES}><s:Body>{body}</s:Body>'
    )
    return (text + "</s:Envelope>").encode()


def fault(code: str = "ter:NotAuthorized", text: str = "Sender not Authorized", sender: str = "s:Sender") -> bytes:
    """Write a SOAP 1.2 fault with one subcode."""
    subcode = f"<s:Subcode><s:Value>{code}</s:Value></s:Subcode>" if code else ""
    return envelope(
        f"<s:Fault><s:Code><s:Value>{sender}</s:Value>{subcode}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
    )


INTERFACES = (
    '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>'
    "<tt:HwAddress>00-1A-2b-3c-4d-5e</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4>"
    "<tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual><tt:Address>10.0.0.8</tt:Address>"
    "<tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4>"
    "</tds:NetworkInterfaces>"
)
PROTOCOLS = (
    "<tds:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>80</tt:Port>"
    "</tds:NetworkProtocols><tds:NetworkProtocols><tt:Name>HTTPS</tt:Name><tt:Enabled>false</tt:Enabled>"
    "<tt:Port>443</tt:Port></tds:NetworkProtocols><tds:NetworkProtocols><tt:Name>RTSP</tt:Name>"
    "<tt:Enabled>true</tt:Enabled><tt:Port>554</tt:Port><tt:Port>8554</tt:Port></tds:NetworkProtocols>"
)
USERS = "".join(
    f"<tds:User><tt:Username>{name}</tt:Username><tt:UserLevel>{level}</tt:UserLevel></tds:User>"
    for name, level in (("admin", "Administrator"), ("camwarden", "User"))
)
STORAGES = (
    '<tds:StorageConfigurations token="disk-1"><tds:Data type="NFS"><tds:LocalPath>/mnt/a</tds:LocalPath>'
    "<tds:StorageUri>nfs://nas:hunter2@10.0.0.9:2049/video?pwd=hunter2</tds:StorageUri>"
    "<tds:User><tds:UserName>nas</tds:UserName></tds:User></tds:Data></tds:StorageConfigurations>"
)
SECURITY = (
    "<tas:Capabilities><tas:KeystoreCapabilities/><tas:TLSServerCapabilities/>"
    '<tas:MediaSigning MediaSigningSupported="true"/></tas:Capabilities>'
)
MASK_OPTIONS = (
    '<tr2:Options RectangleOnly="true" SingleColorOnly="false"><tr2:MaxMasks>4</tr2:MaxMasks>'
    "<tr2:MaxPoints>8</tr2:MaxPoints><tr2:Types>Color</tr2:Types><tr2:Types>Blurred</tr2:Types>"
    '<tr2:Color><tt:ColorList X="0" Y="128" Z="128"/></tr2:Color></tr2:Options>'
)
MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)


def date_and_time(tag: str, at: datetime) -> str:
    """Write a time as ONVIF does: a number for each part."""
    return (
        f"<tt:{tag}><tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        f"<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{at.year}</tt:Year>"
        f"<tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date></tt:{tag}>"
    )


def track_event(
    recording: str, track: str, at: str, present: str, topic: str = "tns1:RecordingHistory/Track/State"
) -> str:
    """Write one result of an event search."""
    return (
        f"<tt:Result><tt:RecordingToken>{recording}</tt:RecordingToken><tt:TrackToken>{track}</tt:TrackToken>"
        f"<tt:Time>{at}</tt:Time><tt:Event>"
        f'<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">{topic}</wsnt:Topic>'
        f'<wsnt:Message><tt:Message UtcTime="{at}" PropertyOperation="Changed"><tt:Source>'
        f'<tt:SimpleItem Name="RecordingToken" Value="{recording}"/></tt:Source><tt:Data>'
        f'<tt:SimpleItem Name="IsDataPresent" Value="{present}"/></tt:Data></tt:Message></wsnt:Message></tt:Event>'
        "<tt:StartStateEvent>false</tt:StartStateEvent></tt:Result>"
    )


def mask(
    token: str,
    configuration: str,
    points: str = "-1,1 1,1 1,-1 -1,-1",
    enabled: str = "true",
    effect: str = "Color",
    color: str = '<tr2:Color X="0" Y="128" Z="128" Colorspace="http://www.onvif.org/ver10/colorspace/YCbCr"/>',
) -> str:
    """Write one mask; `points` are x,y pairs in ONVIF's frame."""
    polygon = "".join('<tt:Point x="{}" y="{}"/>'.format(*pair.split(",")) for pair in points.split())
    return (
        f'<tr2:Masks token="{token}"><tr2:ConfigurationToken>{configuration}</tr2:ConfigurationToken>'
        f"<tr2:Polygon>{polygon}</tr2:Polygon><tr2:Type>{effect}</tr2:Type>{color}"
        f"<tr2:Enabled>{enabled}</tr2:Enabled></tr2:Masks>"
    )


def recording(tag: str, token: str, source: str, tracks: list[tuple[str, str]]) -> str:
    """Write one RecordingInformation with a video track for each pair of times."""
    made = "".join(
        f"<tt:Track><tt:TrackToken>v-{number}</tt:TrackToken><tt:TrackType>Video</tt:TrackType>"
        f"<tt:Description/><tt:DataFrom>{start}</tt:DataFrom><tt:DataTo>{end}</tt:DataTo></tt:Track>"
        for number, (start, end) in enumerate(tracks)
    )
    return (
        f"<{tag}><tt:RecordingToken>{token}</tt:RecordingToken><tt:Source><tt:SourceId>{source}</tt:SourceId>"
        "<tt:Name>n</tt:Name><tt:Location/><tt:Description/><tt:Address/></tt:Source><tt:Content/>"
        f"{made}<tt:RecordingStatus>Recording</tt:RecordingStatus></{tag}>"
    )


def recording_item(token: str, source: str, retention: str) -> str:
    """Write one recording as the recording service lists it."""
    return (
        f"<trc:RecordingItem><tt:RecordingToken>{token}</tt:RecordingToken><tt:Configuration><tt:Source>"
        f"<tt:SourceId>{source}</tt:SourceId><tt:Name>n</tt:Name><tt:Location/><tt:Description/><tt:Address/>"
        f"</tt:Source><tt:Content/><tt:MaximumRetentionTime>{retention}</tt:MaximumRetentionTime>"
        "</tt:Configuration><tt:Tracks/></trc:RecordingItem>"
    )
