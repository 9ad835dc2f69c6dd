"""Defines who is on the small sites for lies. Plain values."""

from dataclasses import replace

from agent.demo.liars.lie import WorldName
from agent.demo.world.cameras import (
    CAMERAS,
    DEVICES,
    ISAPI_CAMERAS,
    ISAPI_DEVICES,
    DemoCamera,
    DemoDevice,
    RecordingPlan,
)

KEPT = RecordingPlan(35)
GATE = replace(CAMERAS[0], recording=KEPT)
LIBRARY, GYM = replace(ISAPI_CAMERAS[0], recording=KEPT), replace(ISAPI_CAMERAS[1], recording=KEPT)
COURT = replace(
    LIBRARY, id="court", device="recorder", channel=2, name="Tennis court", placement="north fence",
    code="14020000001320000021",
)  # fmt: skip
POOL = replace(
    GYM, id="pool", device="dhr", channel=1, name="Pool", placement="above the door", code="14020000001320000022"
)
SHED = replace(
    LIBRARY, id="shed", device="dhr", channel=2, name="Shed", placement="under the roof", code="14020000001320000023"
)
PORCH = replace(
    LIBRARY, id="porch", device="porchcam", channel=1, name="Porch", placement="side door", code="14020000001320000024"
)
DEN = replace(
    GYM, id="den", device="dencam", channel=1, name="Den", placement="opposite the lockers",
    code="14020000001320000025",
)  # fmt: skip
RECORDER, NVR = DEVICES[0], ISAPI_DEVICES[0]
DHR = DemoDevice("dhr", "viewer", "DHI-NVR608H", "4C0048DPAJ00017", recorder=True, driver="dahua")
PORCHCAM = DemoDevice("porchcam", "admin", "CAM-D2", "D2-004481")
DENCAM = DemoDevice("dencam", "admin", "CAM-D2", "D2-004482")

WORLDS: dict[WorldName, tuple[tuple[DemoDevice, ...], tuple[DemoCamera, ...]]] = {
    "onvif": ((RECORDER,), (GATE, COURT)),
    "hikvision": ((NVR,), (LIBRARY, GYM)),
    "dahua": ((DHR,), (POOL, SHED)),
    "store": ((PORCHCAM, DENCAM), (PORCH, DEN)),
}
