"""Lists the words for facts of devices and for the fields of a camera's file: msgids. Pure.

English sentences show the name by which scripts and people search; other languages show its words.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Listed, Message, listed, sentence
from agent.site.declarations.words import DUTY_WORDS

FACT_WORDS: Final[Mapping[str, Message]] = {
    "identity": Message("identity"),
    "encoders": Message("encoders"),
    "audio": Message("audio"),
    "overlays": Message("overlays"),
    "protocols": Message("protocols"),
    "clock": Message("clock"),
    "accounts": Message("accounts"),
    "uptime": Message("uptime"),
    "oldest-log": Message("oldest-log"),
    "masks": Message("masks"),
    "schedule": Message("schedule"),
    "time-source": Message("time-source"),
    "firmware": Message("firmware"),
}
"""What a check may miss of a device or camera, or find changed, by its name in `drivers/model.py`, or of its part."""

FIELD_WORDS: Final[Mapping[str, Message]] = {
    "code": Message("code"),
    "name": Message("name"),
    "placement": Message("placement"),
    "model": Message("model"),
    "serial": Message("serial"),
    "firmware": Message("firmware"),
    **DUTY_WORDS,
}
"""Fields of a camera's file that are not declared, and all that are."""


def fact_word(fact: str) -> Message:
    """Return a fact as a value of a message; what is none of ours stays as it is."""
    return FACT_WORDS.get(fact, sentence(fact))


def fields_listed(fields: Iterable[str]) -> Listed:
    """Return fields of a camera's file as one value of a message; what is none of ours stays as it is."""
    return listed(FIELD_WORDS.get(field, sentence(field)) for field in fields)
