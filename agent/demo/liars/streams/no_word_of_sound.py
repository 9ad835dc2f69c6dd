"""Simulates a device that describes its streams without a word of sound.

The element is left out where the page of sound is hidden, and the microphone is on.

Source: field reports of `Streaming/channels`: Audio is optional.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Leave the element out."""
    return says(changed("streaming/channels", r"<Audio>.*?</Audio>", ""))


LIE = Lie(
    name="no_word_of_sound",
    world="hikvision",
    fakes=Message("a device that says nothing of sound has none"),
    makes=make,
    right={
        "audio-undeclared camera:library": NOT_PASS,
        "audio-undeclared camera:gym": NOT_PASS,
    },
)
