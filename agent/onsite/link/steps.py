"""Judges whether a device registered, how its heart beats, and whether it stopped coming. Pure.

What did not come is unknown, with the likely reason and what a person can do; only what shows that the interface cannot
work fails.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from agent.model.finding import Json, Message, listed
from agent.onsite.link.plan import EXPIRES_MIN_S, Plan
from agent.onsite.link.platform import Heard
from agent.onsite.link.registrar import Registration, Verdict
from agent.onsite.link.result import Step
from drivers.gb28181.wire import Dropped

NAMED_MAX: Final = 8


def verdict_message(verdict: Verdict, plan: Plan, said: str = "") -> Message | None:
    """Return what a person should know of a verdict on a REGISTER while the test runs, None for the usual ones."""
    values: dict[str, object] = {"said": said, "id": plan.device_id, "domain": plan.domain}
    return {
        "wrong-password": Message(
            "it came with a wrong password", next_step="type the password anew at the device and save; some drop it"
        ),
        "wrong-id": Message(
            "it came as {said}, and not as {id}", values, next_step="set this id at the device, and save"
        ),
        "other-realm": Message("it answers for another SIP domain", values, next_step="set {domain} as its domain"),
        "other-algorithm": Message(
            "it cannot answer the kind of digest that was asked for", next_step="repeat the test with --digest MD5"
        ),
        "certificate": Message(
            "it comes with a certificate (GB 35114) first",
            next_step="where it stops there, choose a password in this slot",
        ),
        "challenged": Message(
            "it came without a login, and did not answer ours",
            next_step="look whether what this machine answers reaches it, and type the password anew",
        ),
    }.get(verdict)  # fmt: skip


def registered(registration: Registration) -> Step:
    """Return the step of a device that registered with the right password."""
    values: dict[str, object] = {
        "transport": registration.flow.transport,
        "version": registration.version or "2.0",
        "seconds": registration.expires_s,
    }
    short = registration.expires_s < EXPIRES_MIN_S
    what = Message("registered over {transport} with the right password, version {version}, for {seconds} s", values)
    if short:
        what = Message(what.template, values, next_step="set a registration of 3600 s or more, as the standard has it")
    evidence: dict[str, Json] = {
        "transport": registration.flow.transport,
        "version": registration.version or None,
        "expires_s": registration.expires_s,
        "agent": registration.agent,
    }
    return Step(name="register", status="seen", what=what, reason="short-expiry" if short else "", evidence=evidence)


def not_registered(heard: Heard, dropped: Dropped, plan: Plan, address: str) -> Step:
    """Return the step of a device that did not register, with the likeliest reason."""
    evidence: dict[str, Json] = {
        "refused": {str(verdict): count for verdict, count in heard.verdicts.items()},
        "strangers": dropped.strangers,
        "malformed": dropped.malformed,
    }
    for verdict in ("wrong-password", "wrong-id", "other-realm", "other-algorithm", "certificate", "challenged"):
        if verdict in heard.verdicts:
            what = verdict_message(verdict, plan, heard.said.get(verdict, ""))
            if what is not None:
                return Step(name="register", status="unknown", what=what, reason=verdict, evidence=evidence)
    values: dict[str, object] = {"address": address, "count": dropped.strangers, "other": dropped.last_stranger}
    if dropped.malformed:
        what = Message("what came from {address} is no SIP", values, next_step="look which port is its platform's")
        return Step(name="register", status="unknown", what=what, reason="malformed", evidence=evidence)
    if dropped.strangers:
        what = Message(
            "nothing came from {address}, but from others, the last {other}; packets: {count}", values,
            next_step="where that is the device, name this address",
        )  # fmt: skip
        return Step(name="register", status="unknown", what=what, reason="other-address", evidence=evidence)
    what = Message(
        "nothing came from {address}", values,
        next_step="look at address, port and switch of the slot in the device, and at firewalls on the way",
    )  # fmt: skip
    return Step(name="register", status="unknown", what=what, reason="silent", evidence=evidence)


def intervals_s(at_s: Sequence[float]) -> list[float]:
    """Return the seconds between heartbeats."""
    return [round(later - earlier, 1) for earlier, later in pairwise(at_s)]


def heartbeats(heard: Heard, waited_s: float, dropped: Dropped) -> Step:
    """Return what was seen of the heartbeats; two intervals at least measure it.

    Where others sent packets here, the device may be one of them: behind a mobile network its address changes.
    """
    between = sorted(intervals_s(list(heard.heartbeats_at_s)))
    faulty = heard.last_heartbeat.faulty if heard.last_heartbeat else ()
    unwell = heard.last_heartbeat is not None and heard.last_heartbeat.well is False
    evidence: dict[str, Json] = {
        "count": len(heard.heartbeats_at_s),
        "intervals_s": list(between[:NAMED_MAX]),
        "faulty": list(faulty[:NAMED_MAX]),
        "well": None if heard.last_heartbeat is None else heard.last_heartbeat.well,
    }
    values: dict[str, object] = {
        "count": len(heard.heartbeats_at_s), "seconds": round(waited_s), "other": dropped.last_stranger,
    }  # fmt: skip
    if len(between) < 2 and dropped.strangers:
        what = Message(
            "heartbeats within {seconds} s: {count}; others sent packets here, the last {other}", values,
            next_step="where that is the device, its address changes: choose TCP for its registration",
        )  # fmt: skip
        return Step(name="heartbeat", status="unknown", what=what, reason="other-address", evidence=evidence)
    if not heard.heartbeats_at_s:
        what = Message(
            "no heartbeat came within {seconds} s", values, next_step="set a heartbeat of 60 s in the device, and save"
        )
        return Step(name="heartbeat", status="failed", what=what, reason="no-heartbeat", evidence=evidence)
    if len(between) < 2:
        what = Message("heartbeats within {seconds} s: {count}, too few to measure them", values)
        return Step(name="heartbeat", status="unknown", what=what, reason="too-few", evidence=evidence)
    values |= {"interval": f"{between[len(between) // 2]:g}", "faulty": listed(faulty[:NAMED_MAX])}
    if faulty:
        what = Message("{count} heartbeats came, one each {interval} s; the device calls faulty: {faulty}", values)
        return Step(name="heartbeat", status="seen", what=what, reason="faulty-parts", evidence=evidence)
    if unwell:
        what = Message("{count} heartbeats came, one each {interval} s; the device calls itself faulty", values)
        return Step(name="heartbeat", status="seen", what=what, reason="unwell", evidence=evidence)
    what = Message("{count} heartbeats came, one each {interval} s", values)
    return Step(name="heartbeat", status="seen", what=what, evidence=evidence)


def off(quiet_s: float, needed_s: float, *, left: bool, stranger: str = "") -> Step:
    """Return whether the device stopped coming, so that the slot is off again; `stranger`: who came meanwhile."""
    values: dict[str, object] = {"seconds": round(quiet_s), "needed": round(needed_s)}
    evidence: dict[str, Json] = {"quiet_s": round(quiet_s), "needed_s": round(needed_s), "left": left}
    if stranger and not left:
        what = Message(
            "whether the slot is off is not known: {other} still sends packets here", {"other": stranger},
            next_step="where that is the device, switch the slot off in it",
        )  # fmt: skip
        return Step(name="off", status="unknown", what=what, reason="other-address", evidence=evidence)
    if quiet_s >= needed_s:
        what = Message("the slot is off: nothing came for {seconds} s", values)
        return Step(name="off", status="seen", what=what, evidence=evidence)
    what = Message(
        "whether the slot is off is not known: nothing came for {seconds} s, and {needed} s are needed", values,
        next_step="switch the slot off in the device",
    )  # fmt: skip
    return Step(name="off", status="unknown", what=what, reason="not-quiet", evidence=evidence)
