"""Defines how Uniview devices take masks: rectangles over 0 to 10000, from the upper left.

No reply of such a device is confirmed, so its masks are listed over ONVIF alone. From the SDK's header; no page was
operated.

Source: Uniview NetDEVSDK header, NETDEV_PRIVACY_MASK_AREA_INFO_S: corners in 0..10000;
    NETDEV_MAX_PRIVACY_MASK_AREA_NUM 8.
"""

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Maker

MAKER = Maker(
    name="uniview",
    title=Message("Uniview"),
    page=Message("its page: Setup > Image > Privacy Mask"),
    grid=Grid(10000, 10000),
    notes=(Message("numbers run from 0 to 10000 over the picture, from its upper left corner"),),
    usual=8,
)
