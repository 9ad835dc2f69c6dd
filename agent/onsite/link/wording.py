"""Defines the words for steps, statuses and habits of a self-test, on a terminal and on paper. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.model.finding import Message
from agent.onsite.link.result import StepName, StepStatus

TITLES: Final[Mapping[StepName, Message]] = {
    "register": Message("registration"),
    "heartbeat": Message("heartbeats"),
    "catalog": Message("catalogue"),
    "device-info": Message("maker and model"),
    "device-status": Message("state by its own word"),
    "records": Message("footage at the platform"),
    "configuration": Message("its configuration"),
    "cards": Message("memory cards"),
    "picture": Message("live picture"),
    "masks": Message("masks in it"),
    "playback": Message("recorded picture"),
    "security": Message("certificate (GB 35114)"),
    "clock": Message("time from its platform"),
    "off": Message("slot off again"),
    "own-slot": Message("slot of this test"),
    "other-slots": Message("other slots"),
}

STATUSES: Final[Mapping[StepStatus, Message]] = {
    "seen": Message("seen"),
    "told": Message("told"),
    "failed": Message("fail"),
    "unknown": Message("unknown"),
    "skipped": Message("not asked"),
}

NOTE: Final = Message(
    "A self-test: no acceptance, no word of the police, and no proof that their platform can reach the device."
)

QUIRKS: Final[Mapping[str, Message]] = {
    "all-types-only": Message("lists footage only to who asks for all types"),
    "answer-without-via": Message("answers without Via"),
    "bye-unanswered": Message("does not answer the end of a call: it may still be sending"),
    "broken-characters": Message("broken characters"),
    "ends-calls": Message("ends a call by itself: others may have taken its only session"),
    "fields-as-attributes": Message("fields as attributes"),
    "leaves-and-returns": Message("left in the midst of the test and came again: some start anew after each change"),
    "message-before-registration": Message("heartbeats before it registers"),
    "no-expires": Message("registers without a duration"),
    "no-list": Message("no list where there is nothing"),
    "no-map": Message("a picture stream without a map"),
    "no-program-stream": Message("a picture without a program stream"),
    "no-qop": Message("logs in as devices of 2011 do"),
    "no-source-named": Message("names no source in its answer to a call"),
    "odd-times": Message("times of another form"),
    "old-password-first": Message("came with an old password first: type it anew, save, and wait a minute"),
    "other-codec-in-map": Message("another codec than the map of its picture stream has"),
    "other-encoding": Message("text in another encoding than its label"),
    "other-head-length": Message("a head in its picture stream with a wrong length"),
    "other-part-length": Message("a part in its picture stream with a wrong length"),
    "other-sender": Message("ends a picture under another id"),
    "other-source-named": Message("names another source than it was asked for"),
    "other-source-port": Message("changes its port"),
    "other-status-words": Message("other words for on and off"),
    "other-user-name": Message("logs in under another user name"),
    "parental-65535": Message("65535 as Parental"),
    "ptz-in-info": Message("PTZType in another place"),
    "raw-marks": Message("marks of XML within texts"),
    "register-flood": Message("registers many times a second"),
    "renamed-block": Message("blocks under other names"),
    "seldom-key-pictures": Message("a key picture less often than each 20 s"),
    "several-parents": Message("several parents"),
}
"""What was odd in a device and was read all the same. Each is a habit that made another platform stumble."""
