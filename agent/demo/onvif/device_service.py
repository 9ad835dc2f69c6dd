"""Answers the simulated device service: clock, identity, services, network, accounts, storage. Pure.

Source: ONVIF Core Specification, device management service; `ver10/device/wsdl/devicemgmt.wsdl`.
"""

from datetime import datetime

from markupsafe import Markup

from agent.demo.onvif.device_view import HOST, DeviceView
from agent.demo.onvif.soap import DEVICE, MEDIA1, MEDIA2, RECORDING, REPLAY, SEARCH, Call, SoapFault, join

_TIME = Markup(
    "<tt:{name}><tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
    "<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{at.year}</tt:Year>"
    "<tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date></tt:{name}>"
)
_DATE_AND_TIME = Markup(
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>{kind}</tt:DateTimeType>"
    "<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>"
    "{utc}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)
_INFORMATION = Markup(
    "<tds:GetDeviceInformationResponse><tds:Manufacturer>Demo Optics</tds:Manufacturer><tds:Model>{model}</tds:Model>"
    "<tds:FirmwareVersion>V4.30.085 build 260101</tds:FirmwareVersion><tds:SerialNumber>{serial}</tds:SerialNumber>"
    "<tds:HardwareId>1.0</tds:HardwareId></tds:GetDeviceInformationResponse>"
)
_SERVICE = Markup(
    "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{xaddr}</tds:XAddr>"
    "<tds:Version><tt:Major>{major}</tt:Major><tt:Minor>{minor}</tt:Minor></tds:Version></tds:Service>"
)
_SERVICES = Markup("<tds:GetServicesResponse>{services}</tds:GetServicesResponse>")
_CAPABILITIES = Markup(
    "<tds:GetCapabilitiesResponse><tds:Capabilities>"
    "<tt:Device><tt:XAddr>{device}</tt:XAddr></tt:Device>"
    "<tt:Media><tt:XAddr>{media}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>"
    "<tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>"
    "{extension}</tds:Capabilities></tds:GetCapabilitiesResponse>"
)
_EXTENSION = Markup(
    "<tt:Extension><tt:Recording><tt:XAddr>{recording}</tt:XAddr><tt:ReceiverSource>false</tt:ReceiverSource>"
    "<tt:MediaProfileSource>true</tt:MediaProfileSource><tt:DynamicRecordings>false</tt:DynamicRecordings>"
    "<tt:DynamicTracks>false</tt:DynamicTracks><tt:MaxStringLength>64</tt:MaxStringLength></tt:Recording>"
    "<tt:Search><tt:XAddr>{search}</tt:XAddr><tt:MetadataSearch>false</tt:MetadataSearch></tt:Search>"
    "<tt:Replay><tt:XAddr>{replay}</tt:XAddr></tt:Replay></tt:Extension>"
)
_SERVICE_CAPABILITIES = Markup(
    '<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network NTP="1"/>'
    '<tds:Security UsernameToken="true" HttpDigest="true"/><tds:System DiscoveryBye="false"/>'
    "</tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
)
_INTERFACE = Markup(
    '<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>'
    "<tt:HwAddress>{mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config>"
    "<tt:Manual><tt:Address>{host}</tt:Address><tt:PrefixLength>8</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP>"
    "</tt:Config></tt:IPv4></tds:NetworkInterfaces>"
)
_INTERFACES = Markup("<tds:GetNetworkInterfacesResponse>{interfaces}</tds:GetNetworkInterfacesResponse>")
_PROTOCOLS = Markup(
    "<tds:GetNetworkProtocolsResponse><tds:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>true</tt:Enabled>"
    "<tt:Port>{http}</tt:Port></tds:NetworkProtocols><tds:NetworkProtocols><tt:Name>HTTPS</tt:Name>"
    "<tt:Enabled>false</tt:Enabled><tt:Port>443</tt:Port></tds:NetworkProtocols><tds:NetworkProtocols>"
    "<tt:Name>RTSP</tt:Name><tt:Enabled>true</tt:Enabled><tt:Port>{rtsp}</tt:Port></tds:NetworkProtocols>"
    "</tds:GetNetworkProtocolsResponse>"
)
_USER = Markup("<tds:User><tt:Username>{name}</tt:Username><tt:UserLevel>{level}</tt:UserLevel></tds:User>")
_USERS = Markup("<tds:GetUsersResponse>{users}</tds:GetUsersResponse>")
_STORAGE = Markup(
    '<tds:StorageConfigurations token="disk1"><tds:Data type="LocalStorage">'
    "<tds:LocalPath>/storage/disk1</tds:LocalPath></tds:Data></tds:StorageConfigurations>"
)
_STORAGES = Markup("<tds:GetStorageConfigurationsResponse>{storages}</tds:GetStorageConfigurationsResponse>")
VERSIONS = {MEDIA2: (24, 6), MEDIA1: (20, 12), DEVICE: (20, 12)}


def get_system_date_and_time(view: DeviceView, _: Call) -> Markup:
    """The device's own clock. One that is wrong is set by hand, as such clocks mostly are."""
    kind = "Manual" if view.spec.clock_offset_s else "NTP"
    return _DATE_AND_TIME.format(kind=kind, utc=utc_time(view.now))


def utc_time(at: datetime) -> Markup:
    """A `tt:UTCDateTime` element."""
    return _TIME.format(name="UTCDateTime", at=at)


def get_device_information(view: DeviceView, _: Call) -> Markup:
    """Maker, model and serial number."""
    return _INFORMATION.format(model=view.spec.model, serial=view.spec.serial)


def get_services(view: DeviceView, _: Call) -> Markup:
    """Every service with its address."""
    listed = [
        _SERVICE.format(namespace=namespace, xaddr=view.xaddr(namespace), major=major, minor=minor)
        for namespace in view.namespaces()
        for major, minor in (VERSIONS.get(namespace, (2, 60)),)
    ]
    return _SERVICES.format(services=join(listed))


def get_capabilities(view: DeviceView, _: Call) -> Markup:
    """The older list of services; recording, search and replay are under `Extension`, as the schema has it."""
    extension = Markup("")
    if view.spec.recorder:
        extension = _EXTENSION.format(
            recording=view.xaddr(RECORDING), search=view.xaddr(SEARCH), replay=view.xaddr(REPLAY)
        )
    return _CAPABILITIES.format(device=view.xaddr(DEVICE), media=view.xaddr(MEDIA1), extension=extension)


def get_service_capabilities(_: DeviceView, __: Call) -> Markup:
    """Capabilities of the device service itself."""
    return _SERVICE_CAPABILITIES


def get_network_interfaces(view: DeviceView, _: Call) -> Markup:
    """The one interface."""
    return _INTERFACES.format(interfaces=_INTERFACE.format(mac=view.mac, host=HOST))


def get_network_protocols(view: DeviceView, _: Call) -> Markup:
    """The services that the device offers, and the one that is switched off."""
    return _PROTOCOLS.format(http=view.http_port, rtsp=view.rtsp_port)


def get_users(view: DeviceView, _: Call) -> Markup:
    """The accounts, for an administrator only.

    Source: ONVIF Core Specification, GetUsers, access class READ_SYSTEM_SECRET.
    """
    if view.spec.user != "admin":
        raise SoapFault("Sender", ("NotAuthorized",), "the sender is not authorized")
    users = [_USER.format(name=view.spec.user, level="Administrator"), _USER.format(name="guard", level="User")]
    return _USERS.format(users=join(users))


def get_storage_configurations(view: DeviceView, call: Call) -> Markup:
    """The one disk of a recorder; a camera without one does not support the operation."""
    if not view.spec.recorder:
        raise SoapFault("Receiver", ("ActionNotSupported",), f"{call.operation} is not supported")
    return _STORAGES.format(storages=_STORAGE)


OPERATIONS = {
    (DEVICE, "GetSystemDateAndTime"): get_system_date_and_time,
    (DEVICE, "GetDeviceInformation"): get_device_information,
    (DEVICE, "GetServices"): get_services,
    (DEVICE, "GetCapabilities"): get_capabilities,
    (DEVICE, "GetServiceCapabilities"): get_service_capabilities,
    (DEVICE, "GetNetworkInterfaces"): get_network_interfaces,
    (DEVICE, "GetNetworkProtocols"): get_network_protocols,
    (DEVICE, "GetUsers"): get_users,
    (DEVICE, "GetStorageConfigurations"): get_storage_configurations,
}
