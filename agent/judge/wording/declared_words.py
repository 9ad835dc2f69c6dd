"""Resolves the declarations a check rests on: due here, present, still in force. Pure.

What nobody declared, and what has run out, is told once for the whole site (`agent/judge/checks/papers/declared.py`): a
check that rests on it is unknown and names that finding as its cause. What is about to run out still counts, as a
warning of the same cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.declared import DECLARATIONS_ID, said
from agent.model.finding import Finding, Json, Message, Status
from agent.site.config.site import Site
from agent.site.declarations.standing import (
    EXPIRING_SOON_DAYS,
    GRACE_DAYS,
    Standing,
    State,
    Value,
    ends_first,
    holds,
    local_day,
    standing,
)
from agent.site.declarations.table import BY_ID, DECLARABLES, NONE, PROFILES, AskedProfile, Declarable, counts_in
from agent.site.rules.pack import Obligation, in_effect, obligations

FOLDED: Final = f"{DECLARATIONS_ID} site"
"""The key of the one finding that tells what is not declared."""

NAMED_MAX: Final = 4
EVIDENCE_MAX: Final = 16

NOTHING: Final[Mapping[str, Json]] = MappingProxyType({})

_WORST_FIRST: Final[tuple[State, ...]] = (
    "missing", "expired", "expired-grace", "expiring", "declared", "not_applicable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """How everything stands that a check rests on and that is due here; `rules` are the obligations behind it."""

    check: Check
    today: date
    due: tuple[Standing, ...]
    rules: tuple[Obligation, ...]

    def of(self, duty: str, camera: str = "") -> Standing | None:
        """Return how one duty stands, None where it is not due."""
        return next((one for one in self.due if one.duty.id == duty and one.camera == camera), None)

    def value(self, duty: str, camera: str = "") -> Value | None:
        """Return what is declared and counts, None where nothing is."""
        one = self.of(duty, camera)
        return one.value if one else None

    def figure(self, name: str) -> float | None:
        """Return the smallest figure that a rule behind the check sets by this name, None where none does."""
        return min((one.parameters[name] for one in self.rules if name in one.parameters), default=None)

    def finding(
        self,
        status: Status,
        reason: str,
        message: Message,
        told: Mapping[str, Json] = NOTHING,
        caused_by: str = "",
    ) -> Finding:
        """Return a finding about the site. Its evidence: how each duty stands, never what a paper says, and `told`."""
        evidence = {"declared": list(_rows(self.due)), **told}
        return self.check.finding("site", status, reason, evidence, message, caused_by)

    def open(self) -> Finding | None:
        """Return what to tell where something is missing or has run out, None where every word counts."""
        states = {one.state for one in self.due}
        if not states & {"missing", "expired"}:
            return None
        reason = "not-declared" if "missing" in states else "expired"
        duties = _duties(self.due, "missing", "expired")
        message = Message("{duties} is not declared, or has run out", {"duties": duties}, next_step="camwarden declare")
        return self.finding("unknown", reason, message, caused_by=FOLDED)

    def said_no(self, reason: str, message: Message) -> Finding:
        """Return that by somebody's word there is nothing to judge, or a warning where it is about to run out."""
        ends = self.counts(message)
        return self.finding("not_applicable", reason, message) if ends.status == "pass" else ends

    def counts(self, message: Message, told: Mapping[str, Json] = NOTHING) -> Finding:
        """Return a pass, or a warning where one of the words is about to run out or has just done so."""
        left = [one.days_left for one in self.due if one.state == "expired-grace" and one.days_left is not None]
        if left:
            values: Mapping[str, str | int] = {
                "duties": _duties(self.due, "expired-grace"),
                "days": GRACE_DAYS + min(left),
            }
            ended = Message(
                "{duties} has run out and counts for {days} days more", values, next_step="camwarden declare"
            )
            return self.finding("warn", "grace", ended, told, FOLDED)
        left = [one.days_left for one in self.due if one.state == "expiring" and one.days_left is not None]
        if left:
            values = {"duties": _duties(self.due, "expiring"), "days": min(left)}
            reason = "expiring-soon" if min(left) <= EXPIRING_SOON_DAYS else "expiring"
            ending = Message("{duties} runs out in {days} days", values, next_step="camwarden declare")
            return self.finding("warn", reason, ending, told, FOLDED)
        return self.finding("pass", "", message, told)


def words(check: Check, site: Site, now: datetime, *duties: str) -> Words | Finding:
    """Return what a check rests on, or why it is not applicable here.

    Args:
        check: The check.
        site: The site.
        now: When it is judged.
        duties: Ids of `DECLARABLES`, by default those that name the check. The first says from which profile on it is
            judged; the others are looked at where the profile asks for them.
    """
    rows = [BY_ID[duty] for duty in duties] or [row for row in DECLARABLES if row.check == check.id]
    today = local_day(site, now)
    rules = ruling(check, site, today, rows[0].asked)
    if isinstance(rules, Finding):
        return rules
    found = tuple(_found(site, today, [row for row in rows if counts_in(row, site.rules.profile)], rules))
    due = tuple(one for one in found if one.state != "not_applicable")
    if not due:
        why = next((one.reason for one in found if one.reason), "")
        message = Message("no rule asks for it here ({why})", {"why": why or "no camera"})
        return check.finding("site", "not_applicable", "exempt", {}, message)
    return Words(check, today, due, rules)


def ruling(check: Check, site: Site, today: date, asked: AskedProfile) -> tuple[Obligation, ...] | Finding:
    """Return the obligations in effect behind a check, or why it is not applicable here whatever is declared.

    Args:
        check: The check.
        site: The site.
        today: Local day.
        asked: The smallest profile in which it is judged.
    """
    if asked not in PROFILES[: PROFILES.index(site.rules.profile) + 1]:
        message = Message("the profile {profile} does not ask for it", {"profile": site.rules.profile})
        return check.finding("site", "not_applicable", "profile", {}, message)
    rules = tuple(one for _, one in obligations(site.packs, check.id) if in_effect(one, today))
    if not rules:
        message = Message("no rule in effect asks for it")
        return check.finding("site", "not_applicable", "no-rule", {}, message)
    return rules


def only_none(found: Words) -> Finding | None:
    """Return that there is nothing to judge, where that is what is declared throughout, or that it is about to end."""
    if any(one.value != NONE for one in found.due):
        return None
    return found.said_no("none", Message("declared: there is no such thing here"))


def _found(site: Site, today: date, rows: list[Declarable], rules: tuple[Obligation, ...]) -> Iterator[Standing]:
    cameras = [camera.camera.id for camera in site.cameras]
    for row in rows:
        for camera in cameras if row.scope == "camera" else [""]:
            one = standing(site, row.id, today, camera)
            applies = [holds(site, rule.when, today, camera) for rule in rules]
            if True in applies or one.state == "not_applicable":
                yield one
            elif None in applies:
                yield Standing(row, camera, "missing", reason="waits for another declaration")
            else:
                yield Standing(row, camera, "not_applicable", reason=_condition(rules[0]))


def _condition(rule: Obligation) -> str:
    return ", ".join(f"{one.duty} is none of {'/'.join(map(str, one.values))}" for one in rule.when)


def named(names: Iterable[str]) -> str:
    """Return the first of some names, each once, as a message tells them."""
    each = list(dict.fromkeys(names))
    return ", ".join(each[:NAMED_MAX]) + (", ..." if len(each) > NAMED_MAX else "")


def _duties(due: tuple[Standing, ...], *states: State) -> str:
    return named(one.duty.id for one in due if one.state in states)


def _rows(due: tuple[Standing, ...]) -> Iterator[Json]:
    by_duty: dict[str, list[Standing]] = {}
    for one in due:
        by_duty.setdefault(one.duty.id, []).append(one)
    for duty, group in by_duty.items():
        state = min((one.state for one in group), key=_WORST_FIRST.index)
        worst = ends_first(one for one in group if one.state == state)
        row: dict[str, Json] = {"duty": duty, **said(state, worst.days_left, worst.declaration)}
        if group[0].duty.scope == "camera":
            open_ = [one.camera for one in group if one.state in ("missing", "expired")]
            yield {**row, "cameras": len(group), "open": open_[:EVIDENCE_MAX], "open_count": len(open_)}
        else:
            yield {**row, **_word(worst)}


def _word(one: Standing) -> dict[str, Json]:
    """Return what a word is, where that is no free text, and which paper stands behind it."""
    given = one.declaration
    if given is None:
        return {}
    row: dict[str, Json] = {}
    if one.duty.kind in ("flag", "choice", "number") and not isinstance(given.value, date | tuple):
        row["value"] = given.value
    elif one.duty.kind == "date" or given.value == NONE:
        row["value"] = str(given.value)
    if given.document_at is not None:
        row |= {"document_at": given.document_at.isoformat(), "sha256": given.sha256}
    return row
