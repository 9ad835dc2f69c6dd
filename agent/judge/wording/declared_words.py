"""Resolves the declarations a check rests on: due here, present, still in force. Pure.

What is undeclared or expired is one finding for the whole site (`agent/judge/checks/papers/declared.py`): a check that
rests on it is unknown and names that finding as cause. What expires soon counts, as a warning of the same cause.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.papers.declared import DECLARATIONS_ID, declaration_json
from agent.judge.claim import Broken, Held, Open, Outcome, declared
from agent.judge.freed import Declaration, Rule, freed
from agent.judge.verdict import verdict
from agent.model.finding import Finding, Json, Listed, Message, Unproven, first_of, listed
from agent.site.config.site import Site
from agent.site.declarations.details import detail, detail_day, lacking
from agent.site.declarations.standing import (
    COUNTING,
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
from agent.site.declarations.words import details_listed, duties_listed, duty_word
from agent.site.duties.limits import STRICTER
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
class DeclaredDuties:
    """The state of all due declarations that a check rests on; `rules` are the obligations behind it.

    `figures` are those that the rules which bind here set, the strictest of each name.
    """

    check: Check
    today: date
    due: tuple[Standing, ...]
    rules: tuple[Obligation, ...]
    figures: Mapping[str, float]

    def of(self, duty: str, camera: str = "") -> Standing | None:
        """Return the state of one duty, None where it is not due."""
        return next((one for one in self.due if one.duty.id == duty and one.camera == camera), None)

    def value(self, duty: str, camera: str = "") -> Value | None:
        """Return the declared value that counts, or None."""
        one = self.of(duty, camera)
        return one.value if one else None

    def figure(self, name: str) -> float | None:
        """Return the figure of this name as it holds here, or None."""
        return self.figures.get(name)

    def finding(
        self, status: Unproven, reason: str, message: Message, told: Mapping[str, Json] = NOTHING, caused_by: str = ""
    ) -> Finding:
        """Return a finding on the site, with the state of each duty and `told` as its evidence."""
        return self.check.finding("site", status, reason, self.evidence(told), message, caused_by)

    def evidence(self, told: Mapping[str, Json] = NOTHING) -> dict[str, Json]:
        """Return the state of each duty, never the contents of a paper, and `told`."""
        return {"declared": list(_duty_rows(self.due)), **told}

    def open(self) -> Finding | None:
        """Return the finding of a missing, expired or incomplete declaration, None where every one counts."""
        states = {one.state for one in self.due}
        if not states & {"missing", "expired"}:
            return self._incomplete()
        reason = "not-declared" if "missing" in states else "expired"
        duties = _duties(self.due, "missing", "expired")
        message = Message("{duties} is not declared, or has run out", {"duties": duties}, next_step="camwarden declare")
        return self.finding("unknown", reason, message, caused_by=FOLDED)

    def _incomplete(self) -> Finding | None:
        short = [one for one in self.due if self._lacks(one)]
        if not short:
            return None
        return self.finding("unknown", "incomplete", _lacking_message(short, self._lacks), caused_by=FOLDED)

    def _lacks(self, one: Standing) -> tuple[str, ...]:
        """Return the details that this check asks for and that are missing."""
        return lacking(one.duty, one.value, one.details, self.check.id) if one.value is not None else ()

    def detail(self, duty: str, name: str, camera: str = "") -> str:
        """Return a detail of a declaration that counts, empty where it is not there."""
        one = self.of(duty, camera)
        return detail(one.details, name) if one else ""

    def detail_day(self, duty: str, name: str) -> date | None:
        """Return the day of a detail of a declaration that counts, None where it is not there."""
        one = self.of(duty)
        return detail_day(one.details, name) if one else None

    def document_day(self, duty: str) -> date | None:
        """Return the date of a declared paper that counts, None where there is none."""
        one = self.of(duty)
        return one.declaration.document_at if one and one.declaration and one.state in COUNTING else None

    def freed(
        self, by: Rule | Declaration, reason: str, message: Message, told: Mapping[str, Json] = NOTHING
    ) -> Finding:
        """Return that the site is freed, with the state of each duty and `told` as its evidence."""
        return freed(self.check, "site", by, reason, message, self.evidence(told))

    def said_no(self, reason: str, message: Message) -> Finding:
        """Return that nothing is to be judged by declaration, or a warning where it expires soon."""
        if all(isinstance(one, Held) for one in self.obligations()):
            return self.freed(self.word(), reason, message)
        return self.counts(message)

    def word(self, duty: str = "") -> Declaration:
        """Return the declarations of one duty, or of all that are due, as what frees the site."""
        given = [one for one in self.due if not duty or one.duty.id == duty]
        by = name_list(one.declaration.by for one in given if one.declaration is not None)
        return Declaration(str(name_list(one.duty.id for one in given)), str(by))

    def counts(self, message: Message, told: Mapping[str, Json] = NOTHING, *beside: Outcome) -> Finding:
        """Return the verdict of every due declaration, and of what is due `beside` them.

        One that expires soon or has just expired is a warning.
        """
        return verdict(self.check, "site", (*beside, *self.obligations()), self.evidence(told), message)

    def obligations(self) -> tuple[Outcome, ...]:
        """Return every due declaration as an obligation, what has run out first."""
        ends = {state: self._ending(state) for state in {one.state for one in self.due}}
        ordered = sorted(self.due, key=lambda one: _WORST_FIRST.index(one.state))
        return tuple(self._outcome(one, ends[one.state]) for one in ordered)

    def _outcome(self, one: Standing, ends: tuple[str, Message]) -> Outcome:
        key, (reason, message) = f"declared {one.duty.id} {one.camera}", ends
        if one.state in ("missing", "expired"):
            return Open(key, reason, message, caused_by=FOLDED)
        if self._lacks(one):
            return Open(key, "incomplete", _lacking_message([one], self._lacks), caused_by=FOLDED)
        if reason:
            return Broken(key, reason, message, caused_by=FOLDED, mild=True)
        return Held(key, declared(f"camera:{one.camera}" if one.camera else "site", one.duty.id))

    def _ending(self, state: State) -> tuple[str, Message]:
        """Return reason and message of all due declarations of one state; no reason where they simply count."""
        duties = _duties(self.due, state)
        left = min(
            (one.days_left for one in self.due if one.state == state and one.days_left is not None), default=None
        )
        if state == "expired-grace" and left is not None:
            values: Mapping[str, object] = {"duties": duties, "days": GRACE_DAYS + left}
            message = "{duties} has run out and counts for {days} days more"
            return "grace", Message(message, values, next_step="camwarden declare")
        if state == "expiring" and left is not None:
            reason = "expiring-soon" if left <= EXPIRING_SOON_DAYS else "expiring"
            values = {"duties": duties, "days": left}
            return reason, Message("{duties} runs out in {days} days", values, next_step="camwarden declare")
        gone = Message("{duties} is not declared, or has run out", {"duties": duties}, next_step="camwarden declare")
        return {"missing": "not-declared", "expired": "expired"}.get(state, ""), gone


def declared_duties(check: Check, site: Site, now: datetime, *duties: str) -> DeclaredDuties | Finding:
    """Return the declarations that a check rests on, or why it is not applicable here.

    `duties` are ids of `DECLARABLES`, by default those that name the check. The first sets the smallest profile in
    which it is judged; the others count where the profile demands them.
    """
    rows = [BY_ID[duty] for duty in duties] or [row for row in DECLARABLES if row.check == check.id]
    today = local_day(site, now)
    rules = rules_in_effect(check, site, today, rows[0].asked)
    if isinstance(rules, Finding):
        return rules
    found = tuple(_duty_states(site, today, [row for row in rows if counts_in(row, site.rules.profile)], rules))
    due = tuple(one for one in found if one.state != "not_applicable")
    if not due:
        why = next((one.reason for one in found if one.reason), Message("no camera"))
        message = Message("no rule asks for it here ({why})", {"why": why})
        return freed(check, "site", Rule(str(why)), "exempt", message, {})
    held = ((name, check.limit_of_rules(site, name, now)) for name in STRICTER)
    return DeclaredDuties(check, today, due, rules, {name: one.value for name, one in held if one is not None})


def rules_in_effect(check: Check, site: Site, today: date, asked: AskedProfile) -> tuple[Obligation, ...] | Finding:
    """Return the obligations in effect behind a check, or why it is not applicable here whatever is declared.

    `today` is a local day, `asked` the smallest profile in which it is judged.
    """
    if asked not in PROFILES[: PROFILES.index(site.rules.profile) + 1]:
        message = Message("the profile {profile} does not ask for it", {"profile": site.rules.profile})
        return freed(check, "site", Rule(f"profile {site.rules.profile}"), "profile", message, {})
    rules = tuple(one for _, one in obligations(site.packs, check.id) if in_effect(one, today))
    if not rules:
        message = Message("no rule in effect asks for it")
        return freed(check, "site", Rule("no rule in effect"), "no-rule", message, {})
    return rules


def all_none(found: DeclaredDuties) -> Finding | None:
    """Return not applicable where `NONE` is declared throughout, or that it expires soon; else None."""
    if any(one.value != NONE for one in found.due):
        return None
    return found.said_no("none", Message("declared: there is no such thing here"))


def _duty_states(site: Site, today: date, rows: list[Declarable], rules: tuple[Obligation, ...]) -> Iterator[Standing]:
    cameras = [camera.camera.id for camera in site.cameras]
    for row in rows:
        for camera in cameras if row.scope == "camera" else [""]:
            one = standing(site, row.id, today, camera)
            applies = [holds(site, rule.when, today, camera) for rule in rules]
            if True in applies or one.state == "not_applicable":
                yield one
            elif None in applies:
                yield Standing(row, camera, "missing", reason=Message("waits for another declaration"))
            else:
                yield Standing(row, camera, "not_applicable", reason=_condition(rules[0]))


def _condition(rule: Obligation) -> Listed:
    words = (
        Message("{duty} is none of {values}", {"duty": duty_word(one.duty), "values": "/".join(map(str, one.values))})
        for one in rule.when
    )
    return listed(words)


def name_list(names: Iterable[str]) -> Listed:
    """Return the first of some names, each once, for a message."""
    return first_of(list(dict.fromkeys(names)), NAMED_MAX)


def _duties(due: tuple[Standing, ...], *states: State) -> Listed:
    return duties_listed((one.duty.id for one in due if one.state in states), NAMED_MAX)


def _lacking_message(short: list[Standing], lacks: Callable[[Standing], tuple[str, ...]]) -> Message:
    named = [
        Message("{text} ({named})", {"text": duty_word(one.duty.id), "named": details_listed(lacks(one))})
        for one in short
    ]
    values = {"duties": first_of(named, NAMED_MAX)}
    return Message("details are not declared: {duties}", values, next_step="camwarden declare")


def _duty_rows(due: tuple[Standing, ...]) -> Iterator[Json]:
    by_duty: dict[str, list[Standing]] = {}
    for one in due:
        by_duty.setdefault(one.duty.id, []).append(one)
    for duty, group in by_duty.items():
        state = min((one.state for one in group), key=_WORST_FIRST.index)
        worst = ends_first(one for one in group if one.state == state)
        row: dict[str, Json] = {"duty": duty, **declaration_json(state, worst.days_left, worst.declaration)}
        if group[0].duty.scope == "camera":
            open_ = [one.camera for one in group if one.state in ("missing", "expired")]
            yield {**row, "cameras": len(group), "open": open_[:EVIDENCE_MAX], "open_count": len(open_)}
        else:
            yield {**row, **_value_json(worst)}


def _value_json(one: Standing) -> dict[str, Json]:
    """Return a declared value unless it is free text, and its paper."""
    given = one.declaration
    if given is None:
        return {}
    row: dict[str, Json] = {"lacks": list(one.lacks)} if one.lacks else {}
    if one.duty.kind in ("flag", "choice", "number") and not isinstance(given.value, date | tuple):
        row["value"] = given.value
    elif one.duty.kind == "date" or given.value == NONE:
        row["value"] = str(given.value)
    if given.document_at is not None:
        row |= {"document_at": given.document_at.isoformat(), "sha256": given.sha256}
    return row
