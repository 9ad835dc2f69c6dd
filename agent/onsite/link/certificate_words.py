"""Lists the texts of the paper of a self-test: headings and explanations. All of them are msgids."""

from collections.abc import Mapping
from typing import Final

from agent.model.finding import Message
from agent.onsite.link.result import StepName

FACE: Final = Message(
    "Self-test: no acceptance under article 14 of the Datong Measures, no word of the police, and no proof that their "
    "platform can reach the device."
)

SLOTS: Final[Mapping[str, Message]] = {
    "read": Message("read before, during and after the test, as its steps tell"),
    "lost": Message("read before the test; how they are after it is not known, as its steps tell"),
    "not-read": Message("not read: a person said that no platform used the slot of this test"),
}
"""Whether the device's slots were read; a person was asked only where they could not be read before the test."""

QUIET_SHORT: Final = "{seconds} s, as set with --quiet-after; a test on site waits {usual} s or more"

QUERIES: Final[tuple[StepName, ...]] = (
    "catalog", "device-info", "device-status", "records", "configuration", "cards"
)  # fmt: skip

ANSWERS: Final[Mapping[str, tuple[str, tuple[StepName, ...]]]] = {
    "registered": ("It registered", ("register",)),
    "answered": ("It answered", QUERIES),
    "played": ("It played", ("picture", "playback")),
}
"""The three questions of a self-test, and the steps that answer each."""

WORDS: Final[Mapping[str, str]] = {
    "title": "Self-test of the interface for the police platform (GB/T 28181)",
    "made_by": "made by",
    "made_for": "made for",
    "began": "began",
    "ended": "ended",
    "device": "device",
    "slots": "other slots",
    "quiet": "silence waited for",
    "answers": "In short",
    "steps": "Step by step",
    "steps_note": "Seen: by us. Told: the device's own word. Unknown: nobody could judge it; it counts for nothing.",
    "step": "step",
    "status": "status",
    "when": "when",
    "what": "what was found, and the next step",
    "sha256": "SHA-256 begins with",
    "habits": "Habits that were read all the same",
    "none": "none",
    "not_asked": "not asked",
    "colon": ": ",
    "sign": "Signatures",
    "party": "party",
    "name": "name in print",
    "signature": "signature and seal",
    "date": "date",
    "contractor": "who made the test",
    "client": "for whom it was made",
    "proof": "How to check that this page is unchanged",
    "proof_how": "This page is one file of a folder whose manifest lists each file with its SHA-256 and is signed. "
    "Whoever has camwarden checks it without a network; a print proves nothing:",
    "whole": "SHA-256 of the whole test",
    "thumbprint": "thumbprint of the key",
    "site_key": "This is the site's own report key.",
    "computer_key": "This is a key of the computer on which the test was made, not the site's own report key.",
}
