"""Simulates a device that shows the last picture of a camera that it calls unconnected.

The recorder's decoder repeats what it had last, and snapshots are taken from it.

Source: RPC2, `LogicDeviceManager.getCameraState`: Unconnected.
"""

from agent.demo.liars.lie import NOT_FAIL, NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Say that channel 0 is not connected."""
    return says(changed("getCameraState", r'("channel": 0, "connectionState": ")Connected"', r'\1Unconnected"'))


LIE = Lie(
    name="cached_while_unconnected",
    world="dahua",
    fakes=Message("a camera that is unconnected is still shown"),
    makes=make,
    right={
        "camera-online camera:pool": NOT_PASS,
        "camera-online camera:shed": NOT_FAIL,
    },
)
