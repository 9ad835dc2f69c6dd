"""Defines how a device of another maker takes masks through a tool that speaks ONVIF Media2.

How many masks and corners it takes is in the device's own MaskOptions; without them one rectangle is safe.
`masking/geometry.py` reads its polygons back.

Source: ONVIF Media2 Service Specification, Privacy Masks; ONVIF Analytics Service Specification, Spatial relation.
"""

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Maker

MAKER = Maker(
    name="onvif",
    title=Message("unknown maker"),
    page=Message("its own page, under Image or Video: Privacy Mask; or a tool that sets masks over ONVIF Media2"),
    grid=Grid(2000, 2000, y_up=True, low=-1.0, high=1.0, decimals=3),
    notes=(Message("numbers run from -1 to 1 over the picture: x to the right, y upwards, 0 in the middle"),),
    by_corners=True,
)
