"""The twelve reads that every client does on every device, so that all do the same work.

Device, Media1 and Profile G, because stock onvif-zeep has no Media2. Only text here: each client runs in an environment
of its own.
"""

from __future__ import annotations

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
SEARCH = "http://www.onvif.org/ver10/search/wsdl"
REPLAY = "http://www.onvif.org/ver10/replay/wsdl"

PROFILE, RECORDING = "ch1-sub", "rec-1-1"
STREAM_SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
SEARCH_TOKEN = object()
"""Stands for the token that FindRecordings answered."""

READS = (
    (DEVICE, "GetSystemDateAndTime", {}),
    (DEVICE, "GetServices", {"IncludeCapability": False}),
    (DEVICE, "GetDeviceInformation", {}),
    (DEVICE, "GetCapabilities", {"Category": ["All"]}),
    (MEDIA, "GetProfiles", {}),
    (MEDIA, "GetVideoSourceConfigurations", {}),
    (MEDIA, "GetStreamUri", {"StreamSetup": STREAM_SETUP, "ProfileToken": PROFILE}),
    (MEDIA, "GetSnapshotUri", {"ProfileToken": PROFILE}),
    (SEARCH, "GetRecordingSummary", {}),
    (SEARCH, "FindRecordings", {"Scope": {}, "KeepAliveTime": "PT10S"}),
    (SEARCH, "GetRecordingSearchResults", {"SearchToken": SEARCH_TOKEN}),
    (REPLAY, "GetReplayUri", {"StreamSetup": STREAM_SETUP, "RecordingToken": RECORDING}),
)


def parameters(asked: dict[str, object], search_token: object) -> dict[str, object]:
    """Return the parameters of a read, with the search token of this device put in."""
    return {name: search_token if value is SEARCH_TOKEN else value for name, value in asked.items()}


def address_of(reply: object) -> str:
    """Return the URI in the answer to GetStreamUri, GetSnapshotUri or GetReplayUri, however a client decodes it."""
    return str(getattr(reply, "Uri", reply))


def check(name: str, reply: object, port: int) -> None:
    """Stop a client that did not really read: its figure would mean nothing.

    Raises:
        SystemExit: The answer does not hold what the stub device said.
    """
    good = reply is not None
    if name == "GetDeviceInformation":
        good = getattr(reply, "Model", "") == "CAM-B"
    elif name == "GetProfiles":
        good = [one.token for one in reply] == ["ch1-main", "ch1-sub"]  # type: ignore[attr-defined]
    elif name == "GetSnapshotUri":
        good = f":{port}/snapshot/1.jpg" in address_of(reply)
    elif name == "GetRecordingSearchResults":
        good = [one.RecordingToken for one in reply.RecordingInformation] == [RECORDING]  # type: ignore[attr-defined]
    elif name == "GetReplayUri":
        good = address_of(reply).endswith(f"/replay/{RECORDING}")
    if not good:
        raise SystemExit(f"{name} on port {port}: not what the device said")
