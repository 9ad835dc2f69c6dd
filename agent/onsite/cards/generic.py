"""Defines how a device of which nothing is known takes masks: rectangles, drawn by eye, in percent of the picture."""

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Maker

MAKER = Maker(
    name="generic",
    title=Message("unknown maker"),
    page=Message("its own page, under Image or Video: Privacy Mask"),
    grid=Grid(1000, 1000, low=0.0, high=100.0, decimals=1),
    notes=(Message("numbers are percent of the picture, from its upper left corner"),),
)
