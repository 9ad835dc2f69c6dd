"""Defines the simulated cameras, their devices, masks and faults: twelve over ONVIF, three over ISAPI. Plain values.

Polygons are in 0..1 of width and height, origin top-left, y down.
"""

from dataclasses import dataclass
from typing import Literal

from drivers.model import Polygon
from drivers.picture import PathName

Effect = Literal["Color", "Pixelated", "Blurred"]
Fault = Literal[
    "mask-removed", "dark", "recordings-lost", "motion-only", "old-deleted",
    "disk-failed", "clock-set-back", "formatted", "search-tag-13",
]  # fmt: skip
"""The last four are those of a whole recorder (`DEVICE_FAULTS`), the others those of one camera."""

DEVICE_FAULTS: tuple[Fault, ...] = ("disk-failed", "clock-set-back", "formatted", "search-tag-13")
Link = Literal["online", "offline", "networkAbnormal"]
"""What a recorder says of its connection to a camera, in the words of ISAPI."""


@dataclass(frozen=True, slots=True)
class DemoMask:
    """A mask as the device reports it, and how its pictures show it.

    `enabled` False leaves every picture bare. `shift_x_norm` moves what is drawn, not what is reported. `opacity_ratio`
    below 1 lets the scene shine through. `bare_paths` are those on which the device does not draw it. `block_px` is the
    side of a mosaic's block at a width of 640.
    """

    polygon: Polygon
    effect: Effect
    color: str = "#000000"
    enabled: bool = True
    shift_x_norm: float = 0.0
    opacity_ratio: float = 1.0
    bare_paths: tuple[PathName, ...] = ()
    block_px: int = 24


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """Retention of one channel: `days` until now, with a gap of `gap_hours`, `gap_days_ago` days ago.

    `gap_from_midnight`: the gap begins with a local day. `ended_days_ago`: nothing is recorded since.
    """

    days: int
    gap_hours: int = 0
    gap_days_ago: int = 3
    gap_from_midnight: bool = False
    ended_days_ago: int = 0


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """One simulated camera: `place` names a scene of `places.py`, `shown` what it demonstrates.

    `link`: whether its recorder reaches it.
    """

    id: str
    device: str
    channel: int
    name: str
    placement: str
    place: str
    shown: str
    code: str = ""
    zone: str = ""
    mask: DemoMask | None = None
    recording: RecordingPlan | None = None
    link: Link = "online"


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """One simulated box. `driver` is what the agent's configuration names, and what the box speaks.

    `behaviour`: `onvif` speaks ONVIF; `hangs` accepts and never answers; `stack-trace` answers 500 with plain text.
    `refusal`: whether a SOAP Fault or an HTTP Digest challenge answers an anonymous or wrong SOAP call. `log_days`: how
    far back its own log reaches. `factory_login`: an ISAPI box also accepts the factory's account. `third_stream`:
    every channel has a third stream, which is the second once more.
    """

    id: str
    user: str
    model: str
    serial: str
    behaviour: Literal["onvif", "hangs", "stack-trace"] = "onvif"
    refusal: Literal["fault", "challenge"] = "fault"
    media2: bool = True
    recorder: bool = False
    clock_offset_s: float = 0.0
    wrong_password_configured: bool = False
    driver: Literal["onvif", "hikvision", "dahua"] = "onvif"
    log_days: int = 400
    factory_login: bool = False
    third_stream: bool = False


DEVICES: tuple[DemoDevice, ...] = (
    DemoDevice("recorder", "admin", "DS-R6", "R6-000117", recorder=True),
    DemoDevice("lobby", "viewer", "CAM-D2", "D2-004471", refusal="challenge"),
    DemoDevice("roof", "viewer", "CAM-B4", "B4-000932", refusal="challenge", clock_offset_s=95.0),
    DemoDevice("stairs", "viewer", "CAM-D2", "D2-004472", behaviour="hangs"),
    DemoDevice("store", "viewer", "CAM-D2", "D2-004473", refusal="challenge", wrong_password_configured=True),
    DemoDevice("kiosk", "viewer", "CAM-K1", "K1-000003", behaviour="stack-trace"),
    DemoDevice("annex", "viewer", "CAM-A1", "A1-000020", media2=False),
)


def _rectangle(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


_GATE: Polygon = ((0.58, 0.20), (0.76, 0.06), (0.94, 0.20), (0.94, 0.56), (0.58, 0.56))
_CORRIDOR: Polygon = ((0.09, 0.20), (0.295, 0.24), (0.295, 0.78), (0.09, 0.94))
_YARD = _rectangle(0.12, 0.09, 0.40, 0.42)
_RECEPTION: Polygon = ((0.36, 0.42), (0.75, 0.42), (0.82, 0.80), (0.32, 0.80))
_CANTEEN = _rectangle(0.0875, 0.35, 0.475, 0.74)
_PARKING = _rectangle(0.53, 0.13, 0.90, 0.48)
_LOBBY = _rectangle(0.585, 0.215, 0.895, 0.685)
_ANNEX = _rectangle(0.22, 0.16, 0.52, 0.54)
_BICYCLES = _rectangle(0.48, 0.16, 0.78, 0.54)

_FULL = RecordingPlan(35)

CAMERAS: tuple[DemoCamera, ...] = (
    DemoCamera(
        "gate", "recorder", 1, "School gate", "above the main gate, towards the street", "gate",
        "all good: solid mask, 35 days without a gap", "14020000001320000001", "house opposite",
        DemoMask(_GATE, "Color"), _FULL,
    ),
    DemoCamera(
        "corridor", "recorder", 2, "Corridor 2", "second floor, end of the corridor", "corridor",
        "mask configured but disabled", "14020000001320000002", "changing room",
        DemoMask(_CORRIDOR, "Color", enabled=False), _FULL,
    ),
    DemoCamera(
        "yard", "recorder", 3, "Playground", "north wall, towards the neighbours", "yard",
        "mask drawn 15 % of the width beside its place", "14020000001320000003", "neighbour's balcony",
        DemoMask(_YARD, "Color", shift_x_norm=0.15), _FULL,
    ),
    DemoCamera(
        "reception", "recorder", 4, "Reception", "behind the visitors, towards the desk", "reception",
        "mask lets 30 % of the scene through", "14020000001320000004", "desk",
        DemoMask(_RECEPTION, "Color", opacity_ratio=0.7), _FULL,
    ),
    DemoCamera(
        "canteen", "recorder", 5, "Canteen", "above the entrance", "canteen",
        "pixelated mask; recordings of 21 days only", "14020000001320000005", "cash desk",
        DemoMask(_CANTEEN, "Pixelated"), RecordingPlan(21),
    ),
    DemoCamera(
        "parking", "recorder", 6, "Car park", "lamp post at the exit", "parking",
        "blurred mask; a gap of 6 hours three days ago", "14020000001320000006", "ground-floor flats",
        DemoMask(_PARKING, "Blurred"), RecordingPlan(35, gap_hours=6),
    ),
    DemoCamera(
        "lobby", "lobby", 1, "Lobby", "opposite the letter boxes", "lobby",
        "streams masked, snapshot bare", "14020000001320000007", "letter boxes",
        DemoMask(_LOBBY, "Color", "#808080", bare_paths=("snapshot",)),
    ),
    DemoCamera(
        "roof", "roof", 1, "Roof", "lift house, towards the ventilation", "roof",
        "nothing private in view; clock 95 s ahead", "14020000001320000008",
    ),
    DemoCamera(
        "stairs", "stairs", 1, "Stairs", "first landing", "stairs",
        "the device accepts and never answers", "14020000001320000009", "flat door",
        DemoMask(_CORRIDOR, "Color"),
    ),
    DemoCamera(
        "store", "store", 1, "Store room", "above the shelves", "store",
        "a wrong password is configured", "14020000001320000010", "staff lockers",
        DemoMask(_LOBBY, "Color", "#808080"),
    ),
    DemoCamera(
        "kiosk", "kiosk", 1, "Kiosk", "beside the till", "kiosk",
        "every SOAP call answers 500 with a stack trace", "14020000001320000011", "till",
        DemoMask(_CANTEEN, "Pixelated"),
    ),
    DemoCamera(
        "annex", "annex", 1, "Annex", "side entrance", "annex",
        "Media1 only: no masks over ONVIF, yet one in every picture", "", "flat window",
        DemoMask(_ANNEX, "Color"),
    ),
)  # fmt: skip

ISAPI_DEVICES: tuple[DemoDevice, ...] = (
    DemoDevice("nvr", "viewer", "DS-7616", "N7-000250", recorder=True, driver="hikvision"),
)
"""The second recorder, which speaks ISAPI. Its scenes and masks are those of cameras for which there are clips."""

ISAPI_CAMERAS: tuple[DemoCamera, ...] = (
    DemoCamera(
        "library", "nvr", 1, "Library", "between the windows, towards the houses", "library",
        "all good behind a recorder of another maker", "14020000001320000012", "flat window",
        DemoMask(_ANNEX, "Color"), RecordingPlan(35),
    ),
    DemoCamera(
        "gym", "nvr", 2, "Sports hall", "opposite the lockers", "gym",
        "a whole day without recording, five days ago", "14020000001320000013", "lockers",
        DemoMask(_LOBBY, "Color", "#808080"), RecordingPlan(35, gap_hours=24, gap_days_ago=5, gap_from_midnight=True),
    ),
    DemoCamera(
        "bicycles", "nvr", 3, "Bicycle shed", "under the roof", "bicycles",
        "the recorder has lost it two days ago", "14020000001320000014", "flat window",
        DemoMask(_BICYCLES, "Color"), RecordingPlan(35, ended_days_ago=2), link="networkAbnormal",
    ),
)  # fmt: skip

BARE_CLIPS = ("gate",)
"""Cameras whose streams can also be shown without their mask."""
