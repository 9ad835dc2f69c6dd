"""Lists the codes for why a fact is not available, with their words in a sentence.

English sentences show the code, which scripts and people search for; other languages show the words.
"""

from collections.abc import Mapping
from typing import Final

CODE_WORDS: Final[Mapping[str, str]] = {
    "unreachable": "no connection",
    "deadline": "no answer in time",
    "refused": "login refused",
    "not-tried": "login not tried again",
    "busy": "device busy",
    "unsupported": "not offered by the device",
    "fault": "error told by the device",
    "malformed": "answer not as its protocol asks",
    "not-looked-at": "not looked at this time",
    "interrupted": "check broken off",
    "worker-not-confined": "picture worker not confined",
    "too-old": "picture too old",
    "other-box": "another box than before",
    "other-source": "another video source than before",
    "damaged": "picture arrived damaged",
    "port-closed": "port closed",
    "no-route": "no route",
    "name-unknown": "name not resolved",
    "untrusted": "certificate not trusted",
    "no-answer": "no answer",
    "no-right": "account without the right",
    "locked": "account or address locked",
    "no-credential": "no login given",
    "no-password": "no password",
    "tls-too-old": "TLS too old",
    "protocol-broken": "protocol broken off",
    "other-certificate": "another certificate than before",
    "in-use": "in use by another look",
}
"""Each `Reason` and `Cause` of `drivers/model.py` in a few words; all words are msgids."""
