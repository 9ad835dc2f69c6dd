"""Renders the paper of a self-test: one printable page in each language, and the same for programs. Pure; no picture.

It states what was seen and told in one test, by whom and for whom, and on its face that it is no acceptance.
`agent/verify/paper.py` signs and verifies its files.

Source: Datong Measures (Order 61), articles 11(2) and 14.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast
from zoneinfo import ZoneInfo

from agent.model.finding import Json, Message, Status, utc_text
from agent.onsite.handover.report import KeyPart
from agent.onsite.handover.templates import environment
from agent.onsite.link.certificate_words import ANSWERS, FACE, QUIET_SHORT, SLOTS, WORDS
from agent.onsite.link.plan import QUIET_AFTER_S
from agent.onsite.link.result import LinkResult, Step, StepStatus
from agent.onsite.link.wording import QUIRKS, STATUSES, TITLES
from agent.onsite.one_look.anonymise import without_addresses
from agent.report.indication import indication
from agent.text.harmless import json_text
from agent.text.site_time import local
from agent.text.translate import LANGUAGES, render, together, translate
from agent.verify.paper import LINK_TEST
from agent.version import VERSION

SCHEMA: Final = "camwarden-link-paper/1"
SHOWN_DIGITS: Final = 16
"""Of the digest of a step on the page; all of it is in the file for programs."""

TONES: Final[Mapping[StepStatus, Status]] = {
    "seen": "pass",
    "told": "pass",
    "failed": "fail",
    "unknown": "unknown",
    "skipped": "not_applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-test on paper. `device`: its id in the site file, empty without one; `test` names no address."""

    site: str
    time_zone: str
    device: str
    made_by: str
    made_for: str
    test: LinkResult


def without_address(result: LinkResult) -> LinkResult:
    """Return a result as it leaves the site: its digest is the one that stands on paper and in reports."""
    return cast(LinkResult, without_addresses(result, result.address))


def files_of(one: Certificate, key: KeyPart) -> dict[str, bytes]:
    """Return the files of a paper by name, unsigned: a page in each language, and one for programs."""
    pages = {f"link-test.{lang}.html": render_page(one, key, lang).encode() for lang in LANGUAGES}
    return {LINK_TEST.content: content_bytes(one), **pages}


def content_bytes(one: Certificate) -> bytes:
    """Encode `link-test.json`."""
    steps: Json = [step.digest for step in one.test.steps]
    data: dict[str, Json] = {
        "schema": SCHEMA,
        "says": str(FACE),
        "made_with": f"camwarden {VERSION}",
        "made_by": one.made_by,
        "made_for": one.made_for,
        "made_at": utc_text(one.test.ended_at),
        "site": one.site or None,
        "device": one.device or None,
        "test": one.test.to_data(),
        "test_sha256": one.test.digest,
        "steps_sha256": steps,
    }
    return (json_text(data) + "\n").encode("utf-8", "backslashreplace")


def render_page(one: Certificate, key: KeyPart, lang: str) -> str:
    """Render the page as HTML in `zh_CN` or `en`; `key` is what its files are signed with."""
    zone = ZoneInfo(one.time_zone)
    templates = environment("agent.onsite.link", "agent.onsite.handover", sanitizing=True, zone=zone)
    words = {name: translate(text, lang) for name, text in WORDS.items()}
    return templates.get_template("certificate.html.j2").render(
        words=words,
        face=render(FACE, lang),
        indication=indication(lang),
        facts=list(_facts(one, zone, words, lang)),
        answers=[_answer(name, one.test, lang) for name in ANSWERS],
        steps=[_row(step, zone, lang) for step in one.test.steps],
        habits=together((QUIRKS[one] for one in one.test.quirks), lang, "; ") or words["none"],
        digest=one.test.digest,
        key=key,
        title=one.made_for,
        html_lang=lang.replace("zh_CN", "zh-Hans-CN"),
    )


def _facts(one: Certificate, zone: ZoneInfo, words: Mapping[str, str], lang: str) -> Iterator[tuple[str, str]]:
    test = one.test
    yield words["made_by"], one.made_by
    yield words["made_for"], one.made_for
    yield words["began"], f"{local(test.began_at, zone)} ({one.time_zone})"
    yield words["ended"], local(test.ended_at, zone)
    yield words["device"], together((text for text in (one.device, test.device_id) if text), lang)
    is_lost = test.slots == "not-read" and test.step("other-slots") is not None
    yield words["slots"], render(SLOTS["lost" if is_lost else test.slots], lang)
    quiet = {"seconds": f"{test.quiet_after_s:g}", "usual": f"{QUIET_AFTER_S:g}"}
    is_short = test.quiet_after_s < QUIET_AFTER_S
    yield words["quiet"], render(Message(QUIET_SHORT if is_short else "{seconds} s", quiet), lang)


def _answer(name: str, test: LinkResult, lang: str) -> tuple[str, Status, str, str]:
    """Return one of the three questions: its title, tone, word and what stands behind it."""
    title, steps = ANSWERS[name]
    found = [step for step in test.steps if step.name in steps and step.status != "skipped"]
    if not found:
        return translate(title, lang), "not_applicable", translate(WORDS["not_asked"], lang), ""
    worst = next((one for one in ("failed", "unknown") if any(step.status == one for step in found)), found[0].status)
    told = {"good": sum(TONES[step.status] == "pass" for step in found), "count": len(found)}
    behind = found[0].what if len(found) == 1 else Message("{good} of {count} as due", told)
    return translate(title, lang), TONES[worst], render(STATUSES[worst], lang), render(behind, lang)


def _row(step: Step, zone: ZoneInfo, lang: str) -> tuple[str, Status, str, str, str, str]:
    """Return a step: title, tone, status, its time, what was found, and the beginning of its digest."""
    at = f"{step.at.astimezone(zone):%H:%M:%S}" if step.at is not None else ""
    title, word = render(TITLES[step.name], lang), render(STATUSES[step.status], lang)
    return title, TONES[step.status], word, at, render(step.what, lang), step.digest[:SHOWN_DIGITS]
