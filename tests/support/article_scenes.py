"""What is declared and done at a site so that each article of the Datong Measures has each of its outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from breaches import fault, filed, shown, told
from duties_declared import DECLARED, FIRM, PAPER, Word
from healthy_site import NVR, RECORDER, World

from agent.model.finding import PAST_BREACH, Finding
from agent.observe.facts.factory_logins import box_of
from agent.observe.facts.link_tests import LinkTest, TestOutcome, add_test
from agent.site.declarations.detail_table import NOTE
from agent.site.declarations.details import with_detail
from drivers.footage import PlatformLink, PlatformServer
from drivers.model import Masks, Observation, Observations, Unavailable

OUTCOMES = ("pass", "fail", "unknown", "not due", "past breach")
Found = Mapping[str, Finding]


@dataclass(frozen=True, slots=True)
class Scene:
    """What differs from the site in order: declarations (None: not declared), its profile, and what is done to it.

    `looks`: how many it takes until that shows.
    """

    words: Mapping[str, Word | None] = field(default_factory=dict)
    profile: str = "full"
    do: tuple[Callable[[World], None], ...] = ()
    looks: int = 1


def of(duty: str, **details: str) -> Word:
    """Return what the site in order declares, with other details; empty: that one is missing."""
    word = DECLARED.get(duty, PAPER)
    for name, text in details.items():
        known = with_detail(word.details, name.replace("_", "-"), text)
        word = replace(word, details=tuple(one for one in known if not one.endswith(": ")))
    return word


def noted(words: Mapping[str, Word | None]) -> dict[str, Word | None]:
    """Return the same with an authority's note wherever one may stand."""
    may = ("main-project-date", "contractor-build", "paper-test-report", "acceptance-date", "filing-datong")
    return {
        duty: replace(word, details=with_detail(word.details, NOTE, "letter 31 of 2026-11-02"))
        if word is not None and duty in may
        else word
        for duty, word in words.items()
    }


def links(*servers: PlatformServer) -> Callable[[World], None]:
    """Every device lists these places for a platform."""

    def tell(seen: Observations) -> Observations:
        rest = tuple(one for one in seen if not isinstance(one.value, PlatformLink))
        boxes = {one.subject: one for one in rest if one.subject in (f"device:{RECORDER.id}", f"device:{NVR.id}")}
        told = (
            Observation(name, PlatformLink(servers), one.taken_at, "hand", one.provenance)
            for name, one in boxes.items()
        )
        return (*rest, *told)

    return lambda world: world.hands.append(tell)


def self_tested(outcome: TestOutcome, box: tuple[str, ...] | None = None) -> Callable[[World], None]:
    """A contractor has tested the interface of both recorders today, and left the results in the state folder.

    `box`: of another one; None: of the box that answers.
    """

    def leave(world: World) -> None:
        assert world.seen is not None
        for device in (RECORDER, NVR):
            answering = box_of(world.seen.facts.around.remembered[device.id].answering)
            add_test(
                world.state,
                LinkTest(world.site.id, device.id, world.clock(), outcome, answering if box is None else box),
            )

    return leave


def masks_untold(one: Observation) -> Observation:
    """A device refuses to list its masks."""
    return replace(one, value=Unavailable("masks", "refused")) if isinstance(one.value, Masks) else one


def unfiled(world: World) -> None:
    """Nothing is known here of a filing."""
    (world.state / "filing.json").unlink()


def nothing_private(world: World) -> None:
    """Somebody declares that nothing private is in view of the gate."""
    text = world.config.read_text("utf-8")
    zone = re.compile(r'(\[\[camera\]\]\nid = "gate"\n(?:[^\[\n].*\n|\n)*)\[\[camera\.private_zone\]\]\n(?:.+\n)+')
    free = '[camera.no_private_area]\nby = "Li Na"\nat = 2026-01-31\n'
    changed, count = zone.subn(lambda found: found[1] + free, text)
    assert count == 1
    world.config.write_text(changed, "utf-8")


AUTHORISED = replace(PAPER, details=("builder: police", "authority: Pingcheng branch"))
LATE: Mapping[str, Word | None] = {
    "main-project-date": replace(of("main-project-date"), value=date(2024, 8, 20)),
    "contractor-build": of("contractor-build", certificate_until="2024-08-01"),
    "paper-test-report": replace(of("paper-test-report"), dated=date(2024, 9, 5)),
    "acceptance-date": replace(DECLARED["acceptance-date"], value=date(2024, 9, 4)),
    "paper-design-review": replace(of("paper-design-review"), dated=date(2024, 8, 10)),
    "filing-datong": replace(of("filing-datong"), dated=date(2024, 12, 1)),
}
OLD: Mapping[str, Word | None] = {"acceptance-date": Word(date(2006, 8, 20)), "trial-from": Word(date(2006, 6, 1))}
REGISTERED = PlatformServer("GB28181", True, True)
UNREGISTERED = PlatformServer("GB28181", True, None)

SCENES: Mapping[str, Scene] = {
    "in order": Scene({"zone-type": Word("road"), "install-authority": AUTHORISED}, do=(links(REGISTERED),)),
    "failed": Scene(
        {
            "zone-type": Word("toilet"),
            "paper-test-report": of("paper-test-report", outcome="failed"),
            "contractor-maintenance": of("contractor-maintenance", certificate_until="2026-01-31"),
            "filing-datong": Word("none"),
        },
        do=(links(), shown),
    ),
    "by nobody": Scene({"zone-type": Word("road"), "install-authority": Word("none"), "acceptance-date": Word("none")}),
    "not told": Scene(
        {
            **dict.fromkeys(("scope", "supervising-organ", "secret", "zone-type", "trial-from", "paper-contract")),
            "place-category": None,
            "main-project-date": replace(DECLARED["main-project-date"], details=()),
            "contractor-build": replace(FIRM, details=("firm: Anfang Ltd",)),
            "paper-test-report": of("paper-test-report", accreditation=""),
            "filing-datong": of("filing-datong", organ="", affiliation=""),
        }
    ),
    "no authority told": Scene({"zone-type": Word("road")}),
    "acceptance not told": Scene({"acceptance-date": None}),
    "technical": Scene(profile="technical"),
    "filing": Scene(profile="filing"),
    "no main project": Scene({"main-project-date": Word("none"), "zone-type": Word("entrance")}),
    "accepted lately": Scene({"acceptance-date": Word(date(2026, 11, 21)), "filing-datong": None}),
    "self-tested": Scene(do=(links(UNREGISTERED), self_tested("played"))),
    "tested without a picture": Scene(do=(links(REGISTERED), self_tested("no-picture"))),
    "tested, not registered": Scene(do=(links(UNREGISTERED), self_tested("not-registered"))),
    "an unknown box tested": Scene(do=(links(UNREGISTERED), self_tested("played", ()))),
    "another box tested": Scene(do=(links(UNREGISTERED), self_tested("played", ("another box",)))),
    "measured wrong": Scene(
        {"required-points": Word(["P1", "P2"]), "stream-design": Word("H264 2560x1440 25")},
        do=(fault("gate", "mask-removed"), filed(("gate", "library"), "R6-000001")),
        looks=2,
    ),
    "not measured": Scene({"required-points": None, "device-certificates": None}, do=(told(masks_untold), unfiled)),
    "nothing private": Scene(do=(nothing_private,)),
    "linked": Scene({"linked": Word(True), "view-library": Word(True)}, do=(links(REGISTERED),)),
    "late": Scene(LATE),
    "late, and noted": Scene(noted(LATE)),
    "old, in time": Scene({**OLD, "filing-datong": replace(of("filing-datong"), dated=date(2008, 4, 30))}),
    "old, late": Scene({**OLD, "filing-datong": replace(of("filing-datong"), dated=date(2008, 5, 1))}),
    "old, not filed": Scene({**OLD, "filing-datong": Word("none")}),
}

Cell = tuple[str, str, str]
"""Scene, key of the finding, and its reason; the status is that of the outcome."""

CASES: Mapping[tuple[str, str], Cell] = {
    ("2", "pass"): ("in order", "scope-declared site", ""),
    ("2", "unknown"): ("not told", "scope-declared site", "not-declared"),
    ("2", "not due"): ("technical", "scope-declared site", "profile"),
    ("4", "pass"): ("in order", "supervising-organ-declared site", ""),
    ("4", "unknown"): ("not told", "supervising-organ-declared site", "not-declared"),
    ("4", "not due"): ("technical", "supervising-organ-declared site", "profile"),
    ("5(1)", "pass"): ("in order", "secrecy-scope-declared site", ""),
    ("5(1)", "fail"): ("failed", "report-no-image site", "picture"),
    ("5(1)", "unknown"): ("not told", "secrecy-scope-declared site", "not-declared"),
    ("5(1)", "not due"): ("technical", "secrecy-scope-declared site", "profile"),
    ("5(2)", "pass"): ("in order", "privacy-mask-present camera:gate", ""),
    ("5(2)", "fail"): ("measured wrong", "privacy-mask-present camera:gate", "missing"),
    ("5(2)", "unknown"): ("not measured", "privacy-mask-present camera:gate", "refused"),
    ("5(2)", "not due"): ("nothing private", "privacy-mask-present camera:gate", "no-private-area"),
    ("7, points", "pass"): ("in order", "required-point-covered site", ""),
    ("7, points", "fail"): ("measured wrong", "required-point-covered site", "no-camera"),
    ("7, points", "unknown"): ("not measured", "required-point-covered site", "not-declared"),
    ("7, points", "not due"): ("technical", "required-point-covered site", "profile"),
    ("7, 8", "pass"): ("in order", "place-category-declared site", ""),
    ("7, 8", "unknown"): ("not told", "place-category-declared site", "not-declared"),
    ("7, 8", "not due"): ("technical", "place-category-declared site", "profile"),
    ("9", "pass"): ("in order", "forbidden-zone-declaration camera:gate", ""),
    ("9", "fail"): ("failed", "forbidden-zone-declaration camera:gate", "forbidden-zone"),
    ("9", "unknown"): ("not told", "forbidden-zone-declaration camera:gate", "not-declared"),
    ("10", "pass"): ("in order", "install-authority-declared site", ""),
    ("10", "fail"): ("by nobody", "install-authority-declared site", "no-authority"),
    ("10", "unknown"): ("no authority told", "install-authority-declared site", "not-declared"),
    ("10", "not due"): ("no main project", "install-authority-declared site", "exempt"),
    ("11(1)", "pass"): ("in order", "device-cert-declared site", ""),
    ("11(1)", "fail"): ("measured wrong", "stream-profile-conforms camera:gate", "below-design"),
    ("11(1)", "unknown"): ("not measured", "device-cert-declared site", "not-declared"),
    ("11(1)", "not due"): ("technical", "device-cert-declared site", "profile"),
    ("11(2)", "pass"): ("in order", "platform-interface-configured site", ""),
    ("11(2)", "fail"): ("failed", "platform-interface-configured site", "no-interface"),
    ("11(2)", "unknown"): ("not told", "platform-interface-configured site", "interface-not-told"),
    ("11(2)", "not due"): ("technical", "platform-interface-configured site", "profile"),
    ("12", "pass"): ("in order", "commissioning-order site", ""),
    ("12", "unknown"): ("not told", "commissioning-order site", "incomplete"),
    ("12", "not due"): ("no main project", "commissioning-order site", "none"),
    ("12", "past breach"): ("late", "commissioning-order site", PAST_BREACH),
    ("13", "pass"): ("in order", "contractor-qualification site", ""),
    ("13", "fail"): ("failed", "contractor-qualification site", "qualification-ended"),
    ("13", "unknown"): ("not told", "contractor-qualification site", "incomplete"),
    ("13", "not due"): ("filing", "contractor-qualification site", "profile"),
    ("13", "past breach"): ("late", "contractor-qualification site", PAST_BREACH),
    ("14(1), (2)", "pass"): ("in order", "acceptance-documents site", ""),
    ("14(1), (2)", "fail"): ("failed", "acceptance-documents site", "failed"),
    ("14(1), (2)", "unknown"): ("not told", "acceptance-documents site", "incomplete"),
    ("14(1), (2)", "not due"): ("by nobody", "acceptance-documents site", "not-accepted"),
    ("14(1), (2)", "past breach"): ("late", "acceptance-documents site", PAST_BREACH),
    ("14(3)", "pass"): ("in order", "acceptance-before-use site", ""),
    ("14(3)", "fail"): ("by nobody", "acceptance-before-use site", "not-accepted"),
    ("14(3)", "unknown"): ("acceptance not told", "acceptance-before-use site", "not-declared"),
    ("14(3)", "not due"): ("technical", "acceptance-before-use site", "profile"),
    ("14(3)", "past breach"): ("late", "acceptance-before-use site", PAST_BREACH),
    ("15(1)", "pass"): ("in order", "filing-deadline-datong site", ""),
    ("15(1)", "fail"): ("failed", "filing-deadline-datong site", "overdue"),
    ("15(1)", "unknown"): ("not told", "filing-deadline-datong site", "incomplete"),
    ("15(1)", "not due"): ("accepted lately", "filing-deadline-datong site", "not-due-yet"),
    ("15(1)", "past breach"): ("late", "filing-deadline-datong site", PAST_BREACH),
    ("15(2)", "pass"): ("old, in time", "filing-legacy site", ""),
    ("15(2)", "fail"): ("old, not filed", "filing-legacy site", "not-filed"),
    ("15(2)", "unknown"): ("acceptance not told", "filing-legacy site", "not-declared"),
    ("15(2)", "not due"): ("in order", "filing-legacy site", "newer-than-rule"),
    ("15(2)", "past breach"): ("old, late", "filing-legacy site", PAST_BREACH),
    ("15, devices", "pass"): ("in order", "filing-device-list-match site", ""),
    ("15, devices", "fail"): ("measured wrong", "filing-device-list-match site", "differ"),
    ("15, devices", "unknown"): ("not measured", "filing-device-list-match site", "nothing-filed"),
    ("15, devices", "not due"): ("technical", "filing-device-list-match site", "profile"),
    ("15, five papers", "pass"): ("in order", "filing-documents-complete site", ""),
    ("15, five papers", "unknown"): ("not told", "filing-documents-complete site", "not-declared"),
    ("15, five papers", "not due"): ("technical", "filing-documents-complete site", "profile"),
}

_WORD = "a word on what the site is: there is no wrong answer, and no day that it could miss"
NO_SUCH: Mapping[tuple[str, str], str] = {
    **{(article, outcome): _WORD for article in ("2", "4", "7, 8") for outcome in ("fail", "past breach")},
    ("5(1)", "past breach"): "a picture that left is no matter of a day",
    ("5(2)", "past breach"): "what is not hidden is a breach until it is",
    ("7, points", "past breach"): "a point without a camera is a breach until it has one",
    ("11(1)", "past breach"): "a device below its standard is a breach until it is replaced",
    ("15, devices", "past breach"): "a list that differs is a breach until the change is filed",
    ("9", "not due"): "it binds every camera, voluntary or not",
    ("9", "past breach"): "a camera in a forbidden room is a breach until it is taken down",
    ("10", "past breach"): "a camera in public space is a breach until it is authorised or taken down",
    ("11(2)", "past breach"): "an interface that is missing is a breach until it is there",
    ("12", "fail"): "what was designed, built or used too late is over: a past breach",
    ("15, five papers", "fail"): "a paper that is not declared may be there: unknown; what was not filed fails 15(1)",
    ("15, five papers", "past breach"): "papers have no day of their own; the filing has",
}
"""Which article cannot have which outcome, and why."""

STATUS = dict(zip(OUTCOMES, ("pass", "fail", "unknown", "not_applicable", "warn"), strict=True))
