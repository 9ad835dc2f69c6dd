"""Checks that no two cameras of the site show one picture: a channel that answers with another's, or one camera twice.

Different scenes prove two cameras. Pictures that are equal to the noise, at two moments, prove one. Scenes that are
merely alike prove neither. A camera whose picture shows too little, as a card, a dark or an even one, is left out.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.online import cause_of_silence
from agent.judge.checks.pictures.quality import QUALITY_ID
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict, waiting
from agent.model.finding import Finding, Json, Listed, Message, Source, first_of
from agent.observe.facts.facts import Facts
from agent.observe.inventory.device_identity import cause_of_all
from agent.observe.pictures.moments import ENOUGH, Pair, compared, joined, same_pairs
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import Site
from drivers.picture import PictureSeen

CHECK_ID: Final = "same-picture"
EVIDENCE_MAX: Final = 16
GROUPS_MAX: Final = 4
NAMED_MAX: Final = 16

SOURCE: Final = Source("camwarden", "each camera that is configured is one that is there")


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge all pictures of a site with more than one camera together: one finding, however many show one scene."""
    names = [one.camera.id for one in site.cameras]
    if len(names) < 2:
        return ()
    shown = [one for name in names for one in facts.observed(f"camera:{name}", PictureSeen)]
    found = {pair: how.alike for pair, how in compared(tuple(shown)).items() if pair[1]}
    twice = _configured_twice(names, facts)
    proven = same_pairs(facts.remembered.moments)
    same = [pair for pair in found if pair in proven and pair not in twice]
    alike = [pair for pair, how in found.items() if how != "other" and pair not in proven and pair not in twice]
    outcomes: list[Outcome] = []
    if twice:
        message = Message(
            "cameras are configured twice: {cameras} are one video source of one device",
            {"cameras": _named(twice)},
            next_step="remove one of them from site.toml, or correct its device and channel",
        )
        device_of = {one.camera.id: one.camera.device for one in site.cameras}
        cause = cause_of_all(site, facts, [device_of[name] for pair in twice for name in pair])
        outcomes.append(Broken("sources", "configured-twice", message, {"twice": _listed(twice)}, cause))
    if same:
        message = Message(
            "cameras show one and the same picture: {cameras} were equal to the noise at {count} moments",
            {"cameras": _named(same), "count": ENOUGH},
            next_step="compare each with what is in front of it, and correct the channels at the recorder",
        )
        outcomes.append(Broken("moments", "same-moments", message, {"same": _listed(same)}))
    if alike:
        message = Message(
            "pictures look alike ({cameras}), and nothing proves yet that they are of two cameras",
            {"cameras": _named(alike)},
            next_step="compare both with what is in front of them",
        )
        outcomes.append(Open("scenes", "alike", message, {"alike": _listed(alike)}))
    doubted = {name for pair in (*twice, *same, *alike) for name in pair}
    compared_ones = [name for name in names if any(name in pair for pair in found)]
    for name in compared_ones:
        own = [one for one in facts.observed(f"camera:{name}", PictureSeen) if one.method != REMEMBERED]
        if name not in doubted and own:
            outcomes.append(Held(f"picture {name}", grounds(own)))
    if not outcomes:
        message = Message("no two cameras gave pictures that show enough to be compared")
        cause = next((why for name in names if (why := _silence(facts, name))), "")
        return (waiting(check, "site", "look", "nothing-to-compare", message, caused_by=cause),)
    left_out = [name for name in names if name not in compared_ones]
    message = Message("the pictures of {count} cameras show as many scenes", {"count": len(compared_ones)})
    evidence: dict[str, Json] = {"compared": len(compared_ones), "left_out": left_out[:EVIDENCE_MAX]}
    return (verdict(check, "site", outcomes, evidence, message),)


def _silence(facts: Facts, name: str) -> str:
    """Return the finding that explains why a camera gave no picture to compare, empty where it gave one."""
    subject = f"camera:{name}"
    shown = any(one.value.imprint for one in facts.observed(subject, PictureSeen) if isinstance(one.value, PictureSeen))
    return "" if shown else cause_of_silence(facts, subject) or f"{QUALITY_ID} {subject}"


def _configured_twice(names: list[str], facts: Facts) -> list[Pair]:
    """Return the pairs whose pictures came from one video source of one box, as both are proven."""
    first: dict[tuple[str, str], str] = {}
    pairs: list[Pair] = []
    for name in sorted(names):
        seen = facts.observed(f"camera:{name}", PictureSeen)
        places = {(one.provenance.box, one.provenance.source) for one in seen if one.method != REMEMBERED}
        for place in sorted(place for place in places if all(place)):
            if first.setdefault(place, name) != name:
                pairs.append((first[place], name))
    return list(dict.fromkeys(pairs))


def _named(pairs: list[Pair]) -> Listed:
    """Return the cameras by name, those together that pairs connect: of sixteen channels with one picture all."""
    groups: list[set[str]] = []
    for pair in pairs:
        groups = joined(groups, set(pair))
    named = [" + ".join(map(str, first_of(sorted(one), NAMED_MAX).items)) for one in groups]
    return replace(first_of(named, GROUPS_MAX), between="; ")


def _listed(pairs: list[Pair]) -> Json:
    return [list(pair) for pair in pairs[:EVIDENCE_MAX]]


CHECK = Check(CHECK_ID, run, "major", SOURCE, "Each camera shows a picture of its own.")
