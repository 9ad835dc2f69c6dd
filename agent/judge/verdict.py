"""Merges the obligations of a check into one finding: the only place that writes a pass. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Broken, Held, Open, Outcome
from agent.judge.obligations import too_low, too_old
from agent.judge.wording.picture_words import path_word, paths_listed
from agent.model.finding import (
    WAITS_FOR,
    Finding,
    Json,
    Listed,
    Message,
    Source,
    Unproven,
    Wait,
    joined,
    listed,
    quiet_of,
    utc_text,
)
from agent.model.matters import rank
from agent.observe.approvals.attested import Attestation, attestation_json
from agent.site.declarations.accepted import ACCEPTABLE

NOTHING: Final[Mapping[str, Json]] = MappingProxyType({})

DOUBTS: Final = "held_back"
"""Names in the evidence of a finding for which reasons its pass is held back, the first one's being the finding's."""

BROKEN: Final = "broken"
"""Names in the evidence of a finding the reasons of all that is broken, where its own is not the only one."""

ATTESTED: Final = "attested"
"""Names in the evidence of an unknown what people declare of it, apart from everything that is proven."""

EARLIER: Final = "seen_earlier"
"""Names in the evidence of a pass the paths that had no turn in this look, and when each was seen."""


def not_told(check: Check, subject: str, reason: str, evidence: Mapping[str, Json], message: Message) -> Finding:
    """Return that what is due could not be known yet, or is not told: unknown, one item for a device, and no event.

    Not due is something else: only a rule, or a person's declaration by name, frees a site.
    """
    return verdict(check, subject, [Open(reason, reason, message, doubted=True)], evidence, message)


def waiting(
    check: Check,
    subject: str,
    on: Wait,
    reason: str,
    message: Message,
    evidence: Mapping[str, Json] = NOTHING,
    caused_by: str = "",
) -> Finding:
    """Return that nothing was offered that could be judged: unknown as `not_told`, and it changes no exit code.

    `on`: the device that does not tell, the person who has not asked for it, or a later look.
    """
    if on == "device" and reason in ACCEPTABLE and not message.next_step:
        message = replace(message, next_step="where it never will, accept that by name under [[accepted]] in site.toml")
    outcome = Open(reason, reason, message, caused_by=caused_by, doubted=True)
    return verdict(check, subject, [outcome], {**evidence, WAITS_FOR: on}, message)


def verdict(
    check: Check,
    subject: str,
    outcomes: Iterable[Outcome],
    evidence: Mapping[str, Json],
    message: Message,
) -> Finding:
    """Return the finding of what is due: any broken fails, any open is unknown, all held pass.

    What is held by evidence older than `agent/judge/obligations.py` allows at the time of the check is open.

    The worst word wins, in the order of `agent/model/matters.py`: a mild breach warns where nothing else is broken and
    nothing is open but what only waits or is doubted. The first of the worst speaks, so that a check lists its
    obligations in the order in which a reader wants to hear of them; what else is broken follows, with all its rules.

    Args:
        check: The row of the table of checks.
        subject: What is judged: `site`, `device:ID` or `camera:ID`.
        outcomes: Each obligation, once. What frees the site of all of them is no verdict: `check.finding` says so.
        evidence: What every outcome shows.
        message: What a pass says.

    Raises:
        ValueError: Nothing was due, or two obligations have one key: a pass would claim what nobody looked at.
    """
    due = in_time(check, outcomes)
    keys = [one.key for one in due]
    if not due or len(set(keys)) < len(keys):
        raise ValueError(f"{check.id} {subject}: obligations must be named, each once: {keys}")
    broken = sorted((one for one in due if isinstance(one, Broken)), key=lambda one: one.mild)
    open_ = [one for one in due if isinstance(one, Open)]
    amiss: list[Broken | Open] = [*broken, *open_]
    if amiss:
        worst = min(amiss, key=lambda one: rank(*_word(one, evidence)))
        status, _ = _word(worst, evidence)
        text, shown = worst.message, {**evidence, **worst.evidence, **_broken_json(worst, broken)}
        source: Source | None = joined(one.source or check.source for one in broken) if status != "unknown" else None
        if status == "unknown":
            words = {one.attested.zone: one.attested for one in open_ if one.attested is not None}
            shown |= {**({} if broken else _doubts_json(open_)), **_attested_json(words.values())}
            text = _with_attested(text, words)
        return check.finding(
            subject, status, worst.reason, shown, _with_others(text, worst, broken), worst.caused_by, source
        )
    rests_on = tuple(dict.fromkeys(ground for one in due if isinstance(one, Held) for ground in one.rests_on))
    said = {one.path: utc_text(one.true_at) for one in rests_on if one.remembered and one.path and one.true_at}
    if said:
        evidence, message = {**evidence, EARLIER: dict(said)}, _dated(message, said)
    return replace(check.finding(subject, "unknown", "", evidence, message), status="pass", rests_on=rests_on)


def in_time(check: Check, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """Return the obligations, open where the evidence that holds one is too old at the time of the check, or too weak.

    Too weak is what a device told, or a person declared, where only what we saw would hold it.
    """
    return tuple(_in_time(check, one) for one in outcomes)


_NOT_SEEN: Final = (
    Message("the device says so, and no picture of ours shows it"),
    Message("somebody declares it, and no picture of ours shows it"),
)


def _in_time(check: Check, one: Outcome) -> Outcome:
    low = too_low(check.id, one.key, one.rests_on) if isinstance(one, Held) else None
    if low is not None:
        return Open(one.key, "not-seen", _NOT_SEEN[low == "declared"])
    old = too_old(check.id, one.key, one.rests_on, check.at) if isinstance(one, Held) and check.at else None
    if old is None or old.true_at is None:
        return one
    values = {"kind": path_word(old.path) if old.path else old.kind, "at": utc_text(old.true_at)}
    message = Message("{kind} was last seen at {at}, which is too long ago to count", values, next_step="check again")
    return Open(one.key, "too-old", message, {"seen_at": utc_text(old.true_at)})


def _word(one: Broken | Open, evidence: Mapping[str, Json]) -> tuple[Unproven, str]:
    """Return the status that an outcome makes, and what makes it quiet.

    A doubt outweighs no breach, nor does what another finding explains and stands for: a mask that is switched off is
    told also where nobody has declared what is private.
    """
    if isinstance(one, Broken):
        return "warn" if one.mild else "fail", ""
    return "unknown", "doubted" if one.doubted or one.caused_by else quiet_of("unknown", {**evidence, **one.evidence})


def _broken_json(worst: Broken | Open, broken: Sequence[Broken]) -> Mapping[str, Json]:
    """Return every reason that is broken, the worst first, where one reason does not say it."""
    reasons = list(dict.fromkeys(one.reason for one in broken))
    return {BROKEN: reasons} if set(reasons) - {worst.reason} else {}


def _doubts_json(open_: Sequence[Open]) -> Mapping[str, Json]:
    """Return why a pass is held back, where nothing but doubt does: only such findings are folded into one."""
    return {DOUBTS: list(dict.fromkeys(one.reason for one in open_))} if all(one.doubted for one in open_) else {}


def _with_others(message: Message, worst: Broken | Open, broken: Sequence[Broken]) -> Message:
    """Return what the worst says, and after it what else is broken: one sentence for each further reason."""
    others = {one.reason: one.message for one in reversed(broken) if one.reason != worst.reason}
    if not others:
        return message
    said = {"first_said": replace(message, next_step=""), "also_said": Listed(tuple(reversed(others.values())), "; ")}
    return Message("{first_said}; also: {also_said}", {**message.values, **said}, message.next_step)


def _attested_json(words: Iterable[Attestation]) -> Mapping[str, Json]:
    told: list[Json] = [attestation_json(one) for one in words]
    return {ATTESTED: told} if told else {}


def _with_attested(message: Message, words: Mapping[str, Attestation]) -> Message:
    """Return what an unknown says, with what people declare of it: never more than declared."""
    if not words:
        return message
    ends = min(words.values(), key=lambda one: one.until)
    values: dict[str, object] = {"what": message, "zones": listed(words), "by": ends.by}
    values["until"] = utc_text(ends.until)[:10]
    return Message("{what}. Declared, not proven: {by} has looked at {zones}, which counts until {until}", values)


def _dated(message: Message, said: Mapping[str, str]) -> Message:
    """Return what a pass says, with the time of what was seen in an earlier look."""
    values = {"what": message, "paths": paths_listed(said), "at": min(said.values())}
    if len(said) == 1:
        return Message("{what} ({paths} as seen at {at})", values)
    return Message("{what} ({paths} as seen at {at} or later)", values)
