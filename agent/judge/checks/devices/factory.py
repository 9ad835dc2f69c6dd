"""Checks that no device accepts its factory login, from the results of a deliberate command; nothing is tried here."""

from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Held, own
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.factory_logins import NAME, LoginTry, box_of
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site

COMMAND: Final = "camwarden credentials factory"


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device on which its factory login was tried.

    Source: Datong Measures (Order 61), article 5(2).
    """
    if facts.factory is None:
        message = Message(
            "what was tried of factory logins cannot be read: mend or remove {file} in the state directory, and run "
            "{command} again",
            {"file": NAME, "command": COMMAND},
        )
        return (check.finding("site", "unknown", "unreadable", {}, message),)
    found = [facts.factory[device.id] for device in site.devices if device.id in facts.factory]
    if found:
        return tuple(_device(check, site, facts, one) for one in found)
    message = Message("no factory login was tried: {command} does, once on each device", {"command": COMMAND})
    return (waiting(check, "site", "person", "off", message),)


def _device(check: Check, site: Site, facts: Facts, one: LoginTry) -> Finding:
    subject, values = f"device:{one.device}", {"at": utc_text(one.at), "maker": one.maker}
    evidence: dict[str, Json] = {"tried_at": utc_text(one.at), "maker": one.maker}
    evidence["configuration"] = "as it is" if one.config == site.digest else "an earlier one"
    known = facts.around.remembered.get(one.device)
    if not one.is_of(box_of(known.answering if known else None)):
        message = Message(
            "another box stands there since its factory login was tried at {at}: run {command} to try this one",
            {**values, "command": COMMAND},
        )
        return check.finding(subject, "unknown", "another-box", evidence, message)
    if one.result == "accepted":
        message = Message(
            "it takes the login that {maker} devices leave the factory with: set a password of its own, then run "
            "{command} again",
            {**values, "command": COMMAND},
        )
        return check.finding(subject, "fail", "accepted", evidence, message)
    if one.result == "refused":
        message = Message("at {at} it refused the login that {maker} devices leave the factory with", values)
        return verdict(check, subject, [Held("refused", own(subject, "LoginTry", one.at))], evidence, message)
    message = Message(
        "at {at} the factory login was tried, and what came back says neither yes nor no: look at its accounts in its "
        "own pages",
        values,
    )
    return check.finding(subject, "unknown", one.result, evidence, message)


CHECK = ruled("default-credential", run)
