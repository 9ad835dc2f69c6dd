"""Formats values for the hub's pages in the reader's language: names, moments, shares, addresses. Pure.

Times of a page are those of China, to the minute; the exact one is in the `datetime` of its element. A sentence of a
site comes in English and is told in the reader's language where it is one of ours.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup

from agent.hub.domain.figures import CHINA
from agent.model.finding import Message
from agent.report.check_titles import TITLES
from agent.text.codes import CODE_WORDS
from agent.text.duration import duration_text
from agent.text.harmless import printable
from agent.text.recognize import recognize
from agent.text.site_time import local
from agent.text.translate import render, together, translate

NOTHING: Final = "\u2013"
STREAMS: Final = {
    "health": Message("health report"),
    "config": Message("configuration report"),
    "event": Message("event report"),
    "gap": Message("gap record"),
}
_VOUCHED: Final = {
    "person": Message("compared by a person, trusted since {day}"),
    "enrollment": Message("enrolled by token, trusted since {day}"),
    "rotation": Message("named by the key before it, trusted since {day}"),
}
_SENTENCES_MOST: Final = 4096


def speech(lang: str, now: datetime) -> dict[str, Callable[..., Any]]:
    """Return what templates format values with: the names that they call, in one language, at one time."""
    return {
        "m": lambda template, **values: render(Message(template, values), lang),
        "sentence": partial(sentence, lang=lang),
        "moment": moment,
        "day": day,
        "ago": partial(ago, now=now, lang=lang),
        "lasted": partial(lasted, now=now, lang=lang),
        "duration": lambda seconds: NOTHING if seconds is None else duration_text(seconds, lang),
        "title": partial(title, lang=lang),
        "subject": partial(subject, lang=lang),
        "word": partial(word, lang=lang),
        "stream": lambda name: render(STREAMS[name], lang) if name in STREAMS else name,
        "vouched": partial(vouched, lang=lang),
        "reason": partial(reason, lang=lang),
        "listed": partial(together, lang=lang),
        "percent": percent,
        "number": number,
        "path": path,
        "finding_path": finding_path,
    }


@lru_cache(maxsize=_SENTENCES_MOST)
def sentence(text: str, lang: str) -> str:
    """Return a site's English sentence as a reader of the language would hear it; what is not ours stays as it came."""
    return render(recognize(text, lang), lang) if lang != "en" else text


def moment(text: str | None) -> Markup | str:
    """Return a time of RFC 3339 by the clocks of China, as an element that has the exact one."""
    at = _time(text)
    if at is None:
        return printable(text) if text else NOTHING
    return Markup('<time datetime="{}">{}</time>').format(text, local(at, CHINA))


def day(text: str | None) -> str:
    """Return the day in China of a time of RFC 3339, or a day as it is."""
    at = _time(text) if text and "T" in text else None
    return local(at, CHINA)[:10] if at is not None else (printable(text) if text else NOTHING)


def ago(text: str | None, now: datetime, lang: str) -> Markup | str:
    """Return how long ago a time was, as an element that has the time."""
    at = _time(text)
    if at is None:
        return moment(text)
    seconds = (now - at).total_seconds()
    said = render(Message("{age} ago", {"age": duration_text(max(0.0, seconds), lang)}), lang)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(text, local(at, CHINA), said)


def lasted(from_at: str, to_at: str, now: datetime, lang: str) -> str:
    """Return how long a stretch of time was; without an end, up to now."""
    begun, ended = _time(from_at), _time(to_at) if to_at else now
    if begun is None or ended is None or ended < begun:
        return NOTHING
    return duration_text((ended - begun).total_seconds(), lang)


def title(check: str, lang: str) -> str:
    """Return what a check is called; the id of one that this version does not know."""
    return translate(TITLES[check], lang) if check in TITLES else check


def subject(text: str, lang: str) -> str:
    """Return of what a finding is: a camera's id, a device, or the site."""
    kind, _, name = text.partition(":")
    if text == "site":
        return translate("the site", lang)
    if kind == "device" and name:
        return render(Message("device {device}", {"device": name}), lang)
    return name if kind == "camera" and name else text


def word(text: str, lang: str) -> str:
    """Return a status, severity, kind or another word of ours."""
    return translate(text, lang).replace("_", " ")


def vouched(by: str, added_at: str, lang: str) -> str:
    """Return why a key is trusted, and since when."""
    return render(Message(_VOUCHED[by].template, {"day": day(added_at)}), lang)


def reason(text: str, lang: str) -> str:
    """Return a reason in words where it is a code of ours."""
    if text not in CODE_WORDS:
        return text
    return translate(CODE_WORDS[text], lang) if lang != "en" else CODE_WORDS[text]


def percent(ratio: float | None, digits: int = 1) -> str:
    """Return a share in percent; never rounded up to 100."""
    if ratio is None:
        return NOTHING
    shown = round(100 * ratio, digits)
    if shown >= 100 > 100 * ratio:
        shown = 100 - 10.0**-digits
    return f"{shown:.{digits}f} %"


def number(value: float) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,.0f}".replace(",", "\u202f")


def path(*parts: str) -> str:
    """Return a path below the root, each part encoded."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def finding_path(site: str, check: str, subject: str) -> str:
    """Return the address of one finding."""
    return path("sites", site, "findings", check, subject)


def _time(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text else None
        return at if at is not None and at.tzinfo is not None else None
    except ValueError:
        return None
