"""Answers for a simulated ISAPI device itself: identity, state, clock, accounts, ports, platforms. Pure.

Source: field reports (deviceInfo, time, adminAccesses, users); client code alone for System/Network/SIP, whose status
element may have another name on a real unit.
"""

import hashlib

from markupsafe import Markup

from agent.demo.isapi.archive import device_fault_since
from agent.demo.isapi.xml import ISAPI, IsapiRequest, document, not_supported, xml_boolean
from agent.demo.onvif.device_view import DeviceView
from agent.demo.onvif.soap import join
from agent.demo.world.platform_slots import SLOT_PASSWORD, DemoSlot, codes_of
from agent.demo.world.recordings import SITE_ZONE

_INFO = Markup(
    "<deviceName>{name}</deviceName><deviceID>{uuid}</deviceID><deviceDescription>{kind}</deviceDescription>"
    "<model>{model}</model><serialNumber>{serial}</serialNumber><macAddress>{mac}</macAddress>"
    "<firmwareVersion>V4.61.030</firmwareVersion><firmwareReleasedDate>build 260101</firmwareReleasedDate>"
    "<encoderVersion>V5.0</encoderVersion><deviceType>{kind}</deviceType><telecontrolID>255</telecontrolID>"
)
_STATUS = Markup(
    "<currentDeviceTime>{now}</currentDeviceTime><deviceUpTime>{up_s}</deviceUpTime>"
    "<CPUList><CPU><cpuDescription>2.00</cpuDescription><cpuUtilization>23</cpuUtilization></CPU></CPUList>"
    "<MemoryList><Memory><memoryDescription>DDR Memory</memoryDescription><memoryUsage>612.5</memoryUsage>"
    "<memoryAvailable>387.5</memoryAvailable></Memory></MemoryList>"
)
_TIME = Markup("<timeMode>{mode}</timeMode><localTime>{now}</localTime><timeZone>CST-8:00:00</timeZone>")
_NTP = Markup(
    "<id>1</id><addressingFormatType>hostname</addressingFormatType><hostName>ntp.site.invalid</hostName>"
    "<portNo>123</portNo><synchronizeInterval>60</synchronizeInterval>"
)
_USER = Markup(
    "<User><id>{id}</id><userName>{name}</userName><priority>{priority}</priority><ipAddress>0.0.0.0</ipAddress>"
    "<macAddress>00:00:00:00:00:00</macAddress><userLevel>{level}</userLevel></User>"
)
_ACCESS = Markup(
    "<AdminAccessProtocol><id>{id}</id><enabled>{enabled}</enabled><protocol>{name}</protocol><portNo>{port}</portNo>"
    "</AdminAccessProtocol>"
)
_CAPABILITIES = Markup(
    "<SysCap><isSupportNtp>true</isSupportNtp><NetworkCap><isSupportEhome>false</isSupportEhome>"
    "<GB28181Cap><isSupportGB28181Service>{platform}</isSupportGB28181Service></GB28181Cap></NetworkCap></SysCap>"
    "<RacmCap><inputProxyNums>{inputs}</inputProxyNums></RacmCap>"
)
_SIP = Markup(
    "<id>{number}</id><localPort>{slot.local_port}</localPort><GB28181><enabled>{enabled}</enabled>"
    "<registrar>{slot.host}</registrar><registrarPort>{slot.port}</registrarPort><serverId>{slot.server_id}</serverId>"
    "<serverDomain>{domain}</serverDomain><authID>{slot.device_id}</authID><password>{password}</password>"
    "<expires>{slot.expires_s}</expires><heartbeatTime>{slot.heartbeat_s}</heartbeatTime>"
    "<heartbeatCount>{slot.misses}</heartbeatCount>{state}</GB28181>"
)
_STATE = Markup("<registerStatus>{registered}</registerStatus>")
_NEIGHBOUR = Markup("<enabled>false</enabled><registerStatus>false</registerStatus>{more}")
_SECRET = Markup("<verificationCode>{code}</verificationCode>")
_CODE = Markup("<VideoInput><id>{channel}</id><videoInputID>{code}</videoInputID></VideoInput>")
_CHECKED = Markup("<statusValue>200</statusValue><statusString>OK</statusString>")


def device_info(ask: IsapiRequest) -> Markup:
    """`System/deviceInfo`."""
    spec = ask.view.spec
    uuid, kind = hashlib.sha256(spec.serial.encode()).hexdigest()[:32], "NVR" if spec.recorder else "IPCamera"
    info = _INFO.format(name=spec.id, uuid=uuid, kind=kind, model=spec.model, serial=spec.serial, mac=ask.view.mac)
    return document("DeviceInfo", info)


def status(ask: IsapiRequest) -> Markup:
    """`System/status`."""
    return document("DeviceStatus", _STATUS.format(now=local_text(ask.view), up_s=ask.view.up_s))


def local_text(view: DeviceView) -> str:
    """The wall clock with its offset."""
    return view.now.astimezone(SITE_ZONE).isoformat(timespec="seconds")


def time(ask: IsapiRequest) -> Markup:
    """`System/time`. A clock that somebody set back no longer takes its time from NTP."""
    mode = "NTP" if device_fault_since(ask.view, "clock-set-back") is None else "manual"
    return document("Time", _TIME.format(mode=mode, now=local_text(ask.view)))


def ntp_servers(_: IsapiRequest) -> Markup:
    """`System/time/ntpServers`."""
    return document("NTPServerList", document("NTPServer", _NTP, ISAPI), ISAPI)


def ntp_server(ask: IsapiRequest) -> Markup:
    """`System/time/ntpServers/1`."""
    if ask.numbers != (1,):
        raise not_supported()
    return document("NTPServer", _NTP)


def users(ask: IsapiRequest) -> Markup:
    """`Security/users`: the recorder's own administrator, and the account that reads."""
    rows = ((1, "admin", "high", "Administrator"), (2, ask.view.spec.user, "low", "Viewer"))
    listed = [_USER.format(id=number, name=name, priority=rank, level=level) for number, name, rank, level in rows]
    return document("UserList", join(listed), size=32)


def user_check(_: IsapiRequest) -> Markup:
    """`Security/userCheck`, as it answers a good login."""
    return document("userCheck", _CHECKED)


def admin_accesses(ask: IsapiRequest) -> Markup:
    """`Security/adminAccesses`: every port."""
    rows = (
        ("HTTP", ask.view.http_port, True), ("RTSP", ask.view.rtsp_port, True), ("HTTPS", 443, False),
        ("DEV_MANAGE", 8000, False), ("SDK_OVER_TLS", 8443, False),
    )  # fmt: skip
    listed = [
        _ACCESS.format(id=number, enabled=xml_boolean(enabled), name=name, port=port)
        for number, (name, port, enabled) in enumerate(rows, start=1)
    ]
    return document("AdminAccessProtocolList", join(listed), size=8)


def capabilities(ask: IsapiRequest) -> Markup:
    """`System/capabilities`, as far as the agent reads it."""
    inputs = len(ask.view.cameras) if ask.view.spec.recorder else 0
    return document("DeviceCap", _CAPABILITIES.format(platform=xml_boolean(ask.view.spec.recorder), inputs=inputs))


def _sip_server(number: int, slot: DemoSlot) -> Markup:
    state = Markup("") if slot.registered is None else _STATE.format(registered=xml_boolean(slot.registered))
    password = SLOT_PASSWORD if slot.server_id else ""
    enabled, domain = xml_boolean(slot.enabled), slot.server_id[:10]
    return _SIP.format(number=number, slot=slot, enabled=enabled, domain=domain, password=password, state=state)


def sip_servers(ask: IsapiRequest) -> Markup:
    """`System/Network/SIP`: every slot."""
    _recorder_only(ask)
    rows = [_sip_server(number, slot) for number, slot in enumerate(ask.view.slots.listed(), start=1)]
    return document("SIPServerList", join([document("SIPServer", row, ISAPI) for row in rows]), ISAPI)


def sip_server(ask: IsapiRequest) -> Markup:
    """`System/Network/SIP/1`."""
    _recorder_only(ask)
    return document("SIPServer", _sip_server(1, ask.view.slots.slots[0]))


def sip_info(ask: IsapiRequest) -> Markup:
    """`System/Network/SIP/1/SIPInfo`: the 20-digit code of every channel, the same in each slot."""
    _recorder_only(ask)
    cameras = [camera for camera in ask.view.cameras if camera.code]
    told = codes_of((camera.code for camera in cameras), ask.view.slots.lies)
    codes = [_CODE.format(channel=one.channel, code=code) for one, code in zip(cameras, told, strict=True)]
    return document("SIPInfo", document("VideoInputList", join(codes), ISAPI))


def ehome(_: IsapiRequest) -> Markup:
    """`System/Network/Ehome`: the maker's own protocol, off."""
    return document("Ehome", _NEIGHBOUR.format(more=""))


def ezviz(_: IsapiRequest) -> Markup:
    """`System/Network/EZVIZ`: the maker's cloud, off; its code is a secret."""
    return document("EZVIZ", _NEIGHBOUR.format(more=_SECRET.format(code=SLOT_PASSWORD)))


def _recorder_only(ask: IsapiRequest) -> None:
    slots = len(ask.view.slots.slots)
    if not ask.view.spec.recorder or ask.numbers not in ((), *((number,) for number in range(1, slots + 1))):
        raise not_supported()
