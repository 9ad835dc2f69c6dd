"""Lists what a declaration and each of its details is called in a sentence: all words are msgids. Pure.

English sentences show the id of a declaration, which people write after `--set` and search for; other languages show
its words. A detail has words in both.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.model.finding import Listed, Message, first_of, listed, sentence
from agent.text.translate import render

DUTY_WORDS: Final[Mapping[str, Message]] = {
    "national-class": Message("national-class"),
    "key-target": Message("key-target"),
    "scope": Message("scope"),
    "place-category": Message("place-category"),
    "place-kind": Message("place-kind"),
    "legal-unit": Message("legal-unit"),
    "storage-capacity-gb": Message("storage-capacity-gb"),
    "supervising-organ": Message("supervising-organ"),
    "required-points": Message("required-points"),
    "entertainment-venue": Message("entertainment-venue"),
    "business-hours": Message("business-hours"),
    "main-project-date": Message("main-project-date"),
    "acceptance-date": Message("acceptance-date"),
    "trial-from": Message("trial-from"),
    "paper-design-review": Message("paper-design-review"),
    "paper-test-report": Message("paper-test-report"),
    "paper-acceptance": Message("paper-acceptance"),
    "paper-design": Message("paper-design"),
    "paper-contract": Message("paper-contract"),
    "paper-device-list": Message("paper-device-list"),
    "paper-other": Message("paper-other"),
    "paper-construction": Message("paper-construction"),
    "filing-datong": Message("filing-datong"),
    "filing-national": Message("filing-national"),
    "filed-cameras": Message("filed-cameras"),
    "filed-storage-days": Message("filed-storage-days"),
    "neighbour-consent": Message("neighbour-consent"),
    "outsourcing-agreement": Message("outsourcing-agreement"),
    "contractor-design": Message("contractor-design"),
    "contractor-build": Message("contractor-build"),
    "contractor-maintenance": Message("contractor-maintenance"),
    "device-certificates": Message("device-certificates"),
    "operation-rules": Message("operation-rules"),
    "approved-accounts": Message("approved-accounts"),
    "approved-services": Message("approved-services"),
    "approved-firmware": Message("approved-firmware"),
    "flawed-firmware": Message("flawed-firmware"),
    "access-register": Message("access-register"),
    "maintenance-interval-days": Message("maintenance-interval-days"),
    "maintenance-last": Message("maintenance-last"),
    "view-library": Message("view-library"),
    "zone-type": Message("zone-type"),
    "linked": Message("linked"),
    "audio-allowed": Message("audio-allowed"),
    "stream-design": Message("stream-design"),
    "secret": Message("secret"),
    "install-authority": Message("install-authority"),
    "signage": Message("signage"),
    "required-point": Message("required-point"),
    "name-reviewed": Message("name-reviewed"),
    "data-sheet": Message("data-sheet"),
    "purpose": Message("purpose"),
    "owner": Message("owner"),
    "maintainer": Message("maintainer"),
    "position": Message("position"),
    "height-m": Message("height-m"),
    "azimuth-degrees": Message("azimuth-degrees"),
    "secure-device-level": Message("secure-device-level"),
    "capture-position": Message("capture-position"),
}
"""Each row of `table.py` by its id."""

DETAIL_WORDS: Final[Mapping[str, Message]] = {
    "address": Message("address"),
    "credit-code": Message("unified social credit code"),
    "contact": Message("whom to ask"),
    "design-date": Message("day of the design"),
    "construction-date": Message("day on which construction began"),
    "system-construction-date": Message("day on which construction of the video system began"),
    "authority-note": Message("note of the authority"),
    "firm": Message("name of the firm"),
    "class": Message("class of the qualification"),
    "certificate-until": Message("end of the certificate"),
    "demonstrated-by": Message("who demonstrated the design"),
    "outcome": Message("outcome"),
    "institution": Message("testing institution"),
    "accreditation": Message("accreditation"),
    "commissioned-by": Message("who commissioned the test"),
    "took-part": Message("who took part"),
    "organ": Message("organ that took the filing"),
    "affiliation": Message("why that organ"),
    "builder": Message("who built it"),
    "authority": Message("authority that gave the paper"),
    "model": Message("model of the camera"),
    "serial": Message("serial number of the camera"),
    "lens": Message("lens"),
    "sensor": Message("sensor"),
    "infrared-m": Message("reach of the infrared light"),
    "protection-class": Message("protection class"),
    "turns": Message("whether it turns or zooms"),
    "sound": Message("whether it takes sound"),
    "gb28181": Message("version of GB/T 28181"),
}
"""Each detail of `detail_table.py` by its id."""


def duty_word(duty: str) -> Message:
    """Return a declaration as a value of a message; what is none of ours stays as it is."""
    return DUTY_WORDS.get(duty, sentence(duty))


def duties_listed(duties: Iterable[str], most: int | None = None) -> Listed:
    """Return several declarations as one value of a message, each once; `most`: so many of them, and dots."""
    words = [duty_word(duty) for duty in dict.fromkeys(duties)]
    return first_of(words, len(words) if most is None else most)


def details_listed(details: Iterable[str]) -> Listed:
    """Return several details as one value of a message; what is none of ours stays as it is."""
    return listed(DETAIL_WORDS.get(one, sentence(one)) for one in details)


def duty_named(duty: str, lang: str) -> str:
    """Return a declaration by its words in `zh_CN` or `en`, and by its id where they differ: what people type."""
    word = render(duty_word(duty), lang)
    return duty if word == duty else render(Message("{text} ({named})", {"text": word, "named": duty}), lang)
