"""Lists the words for ways on which a picture leaves, and for why a zone is not hidden on one: msgids. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Listed, Message, listed, sentence
from drivers.picture import PathName

PATHS: Final[Mapping[PathName, Message]] = {
    "snapshot": Message("snapshot"),
    "main": Message("main"),
    "sub": Message("sub"),
    "stream-3": Message("stream-3"),
    "stream-4": Message("stream-4"),
    "stream-5": Message("stream-5"),
    "recorder-live": Message("recorder-live"),
    "playback": Message("playback"),
    "playback-beside": Message("playback-beside"),
    "platform": Message("platform"),
    "metadata": Message("metadata"),
    "event": Message("event"),
}
"""Each path by its name, which is a word of the field in English."""

ZONE_REASONS: Final[Mapping[str, Message]] = {
    "not-hidden": Message("nothing covers it"),
    "partly-covered": Message("covered in part: the mask is displaced or too small"),
    "translucent": Message("the mask lets the scene shine through"),
    "mosaic-too-fine": Message("the blocks of the mosaic are too small"),
    "blur-too-weak": Message("the blur is too weak"),
    "no-texture": Message("the place is too even to tell a mask from it"),
    "low-bitrate": Message("the picture is coded too coarsely to tell"),
    "no-border": Message("the zone fills the picture, so that nothing around it can be compared"),
    "no-grid": Message("no mosaic is seen, and no bare scene either"),
    "no-energy": Message("no blur is seen, and no bare scene either"),
    "mosaic-fine": Message("a mosaic between what hides and what does not"),
    "blur-weak": Message("a blur between what hides and what does not"),
    "not-clean": Message("hidden perhaps, with a rest of detail"),
    "looks-differ": Message("several looks contradict each other"),
    "unconfirmed": Message("one picture alone shows it bare, and the next one must confirm that"),
    "hidden-again": Message("it showed bare before, and too few pictures have shown it hidden since"),
    "shows-through": Message("of one colour, but the same faint picture shows in it each time"),
    "other-color": Message("looks hidden, but by another colour than declared"),
    "other-effect": Message("looks hidden, but by another effect than declared"),
    "other-fill": Message("looks filled, but by something else than one colour"),
    "overlay": Message("something is drawn over the mask, and not told to be there, or too large"),
    "other-content": Message("what it shows does not go on around it: a surface, perhaps, and no mask"),
    "grid-around": Message("its surroundings show the same grid of blocks"),
    "codec-grid": Message("a faint grid of blocks, as coding makes it on a bare surface"),
    "bar": Message("its colour goes on to the edge of the picture, as a bar does"),
    "signal-lost": Message("what came is no scene but a card"),
    "too-small": Message("the zone is too small to be judged"),
    "not-calibrated": Message("a bare zone would not have been found here: what lies around looks like the mask"),
    "like-glass": Message("blurred, as a pane of frosted glass is, and nobody has approved this look"),
    "bad-polygon": Message("the zone is no polygon that can be judged"),
    "not-shown": Message("the path does not show this place"),
    "at-edge": Message("the place lies at the very edge of what the path shows"),
    "in-bar": Message("the place lies in a black bar of the picture"),
    "framing-unknown": Message("how the path frames the approved view is not known"),
}
"""Why a zone is not hidden, or cannot be told to be. Source: `masking/README.md`."""


def path_word(path: str | None) -> Message:
    """Return a path as a value of a message; what is none of ours stays as it is."""
    words: Mapping[str, Message] = {str(name): word for name, word in PATHS.items()}
    return words.get(path or "", sentence(path or ""))


def paths_listed(paths: Iterable[str]) -> Listed:
    """Return several paths as one value of a message."""
    return listed(path_word(path) for path in paths)


def zone_reason(reason: str) -> Message:
    """Return why a zone is not hidden or cannot be told to be; what has no words stays as it is."""
    return ZONE_REASONS.get(reason, sentence(reason))
