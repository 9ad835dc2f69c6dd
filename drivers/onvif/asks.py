"""Lists every operation that the ONVIF driver calls; all of them read. Devices name the addresses of services.

Searches are begun, read page by page, and ended: nothing is left on the device.
"""

from typing import Final

from drivers.allowed_requests import Ask, soap

DEVICE_PATH = "/onvif/device_service"
"""Source: ONVIF Core Specification, Device service: the entry point is fixed to it."""

ASKS: Final[tuple[Ask, ...]] = (
    *soap(
        "device", DEVICE_PATH,
        "GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetDeviceInformation", "GetUsers",
    ),
    *soap("device", "*", "GetNetworkInterfaces", "GetNetworkProtocols"),
    *soap("device", "*", "GetStorageConfigurations", "GetServiceCapabilities"),
    *soap("device", "*", "GetProfiles", "GetVideoSourceConfigurations", "GetMasks", "GetOSDs"),
    *soap("camera", "*", "GetStreamUri", "GetSnapshotUri", "GetMaskOptions"),
    *soap("device", "*", "GetRecordingSummary", "GetRecordings"),
    *soap(
        "search", "*",
        "FindRecordings", "GetRecordingSearchResults", "FindEvents", "GetEventSearchResults", "EndSearch",
    ),
    *soap("camera", "*", "GetRecordingInformation", "GetReplayUri"),
)  # fmt: skip
