"""Lists every lie, by family, those of the demo among them."""

from typing import Final

from agent.demo.liars.lie import Lie
from agent.demo.liars.teaching import TAUGHT
from gallery.archive import ARCHIVE
from gallery.footage import FOOTAGE
from gallery.identity import IDENTITY
from gallery.masks import MASKS
from gallery.moments import MOMENTS
from gallery.settings import SETTINGS
from gallery.streams import STREAMS
from gallery.words import WORDS

LIES: Final[tuple[Lie, ...]] = (
    *TAUGHT,
    *ARCHIVE,
    *FOOTAGE,
    *IDENTITY,
    *MASKS,
    *MOMENTS,
    *SETTINGS,
    *STREAMS,
    *WORDS,
)
