"""Lists the places that simulated cameras show, one for each camera of the demo.

Each is a function that paints a still background (`scene.py` has the people). What is private in a place (the windows
of a house, an open door, a desk) lies where `agent/demo/world/cameras.py` puts that camera's zone, and is full of
detail, so that no picture that shows it can be mistaken for one that hides it. No two places look alike: pictures of
one place that come under two ids are a fault.
"""

from collections.abc import Callable

import numpy as np

from agent.demo.scene.drawing import Canvas
from agent.demo.scene.indoors import canteen, corridor, gym, kiosk, library, lobby, reception, stairs, store
from agent.demo.scene.outdoors import annex, bicycles, gate, parking, roof, yard

PLACES: dict[str, Callable[[np.random.Generator], Canvas]] = {
    place.__name__: place
    for place in (
        gate, corridor, yard, reception, canteen, parking, lobby, roof, annex, stairs, store, kiosk, library, gym,
        bicycles,
    )
}  # fmt: skip
