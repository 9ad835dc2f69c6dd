"""Checks that each account on a device was approved, and at the level that it has.

Accounts are those that the device lists; no login is tried. Names of people stay on the site. Who may do everything is
approved by `NAME: LEVEL` only: a name that was written when it was a viewer's would approve the administrator too.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from agent.judge.check import Check
from agent.judge.checks.devices.approved import by_declared_list, each_name
from agent.judge.claim import Held, Open, Outcome, declared
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Ground, Json, Message
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from drivers.details import Account, Accounts

Grounds = tuple[Ground, ...]

ACCOUNTS: Final = "approved-accounts"
UNSAID: Final = "level-not-said"
ADMINISTRATORS: Final = ("admin", "root", "super", "owner")
"""How the words of makers for who may do everything begin."""

_NO_ACCOUNTS: Final = Message(
    "it lists no account at all, not even the one that asks: who may log in is not known",
    next_step="give the login the right to see the accounts, or look in the device",
)
_NOT_THE_ONE_THAT_ASKED: Final = Message(
    "the account that asks is not among those that it lists: who else may log in is not known",
    next_step="give the login the right to see the accounts, or look in the device",
)
_NO_ADMINISTRATOR: Final = Message(
    "none of the accounts that it lists is an administrator's: who may log in is not known",
    next_step="give the login the right to see the accounts, or look in the device",
)


def run_accounts(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every device by the list of approved accounts."""
    logins = {f"device:{one.id}": one.credential.user for one in site.devices if one.credential is not None}
    judge = partial(_accounts, logins)
    found = by_declared_list(check, site, facts, now, ACCOUNTS, Accounts, "accounts", judge, "operation-rules")
    return _told_once(found)


def _told_once(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Attribute to the first device what one row of the declaration leaves open at several: it is one item."""
    unsaid = [one for one in found if one.reason == UNSAID]
    if len(unsaid) <= 1:
        return found
    first, *others = unsaid
    message = Message("{what}; so it is with {count} more devices", {"what": first.message, "count": len(others)})
    devices: list[Json] = [one.subject for one in (first, *others)]
    whole = replace(first, message=message, evidence={**first.evidence, "subjects": devices})
    return tuple(
        whole if one is first else replace(one, caused_by=first.key) if one.reason == UNSAID else one for one in found
    )


def _accounts(
    logins: Mapping[str, str],
    check: Check,
    approved: frozenset[str],
    subject: str,
    accounts: Accounts,
    told: Grounds,
    complete: Outcome,
) -> Finding:
    names = sorted(one.name for one in accounts.accounts)
    more = [one for one in accounts.accounts if not _is_approved(one, approved)]
    known = {row.rpartition(":")[0].strip() for row in approved}
    raised = [one.name for one in more if one.name in known]
    strange = [one.name for one in more if one.name not in known]
    # Names of people stay on the site; the digest tells the hub that the list has changed.
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    evidence: dict[str, Json] = {
        "accounts": len(names),
        "accounts_digest": digest,
        "not_approved": len(more),
        "levels": sorted({one.level for one in more}),
    }
    wrong = Message(
        "{count} of its accounts were approved by nobody: remove them, or add them to approved-accounts",
        {"count": len(strange)},
    )
    too_much = Message(
        "{count} of its accounts have another level than the one that was approved: find out who changed it, set it "
        "back, or correct approved-accounts",
        {"count": len(raised)},
    )
    unsaid = [one.name for one in accounts.accounts if one not in more and _is_unsaid(one, approved)]
    by_name = Message(
        "{count} of its accounts are an administrator's, and are approved by their name alone, which approves no "
        "administrator: say so in approved-accounts (NAME: Administrator), or set them back",
        {"count": len(unsaid)},
    )
    rests_on = (*told, *declared("site", ACCOUNTS))
    judged = [name for name in names if name not in (*raised, *unsaid)]
    outcomes = [
        _listed_accounts(accounts, logins.get(subject), told),
        *each_name(judged, strange, "not-approved", wrong, rests_on),
        *(Open(f"name {name}", UNSAID, by_name, doubted=True) for name in dict.fromkeys(unsaid)),
        *each_name(raised, raised, "level-not-approved", too_much, rests_on),
        complete,
    ]
    return verdict(check, subject, outcomes, evidence, Message("every account on it was approved"))


def _is_approved(account: Account, approved: frozenset[str]) -> bool:
    """Tell whether an account is approved: by its name, or as `NAME: LEVEL` at that level."""
    return account.name in approved or _is_at_its_level(account, approved)


def _is_unsaid(account: Account, approved: frozenset[str]) -> bool:
    """Tell whether an account is an administrator's, or of no level that is told, and nobody approved it as that."""
    level = _level(account.level)
    is_lower = bool(level) and not level.startswith(ADMINISTRATORS)
    return not is_lower and not _is_at_its_level(account, approved)


def _is_at_its_level(account: Account, approved: frozenset[str]) -> bool:
    rows = (row.rpartition(":") for row in approved)
    return any(name.strip() == account.name and _level(level) == _level(account.level) for name, _, level in rows)


def _level(word: str) -> str:
    """Return a level as it is compared: makers say admin and viewer for ONVIF's Administrator and User."""
    word = word.strip().lower()
    return {"admin": "administrator", "viewer": "user"}.get(word, word)


def _listed_accounts(accounts: Accounts, login: str | None, told: Grounds) -> Outcome:
    """Doubt a list that cannot be whole: every device has an administrator, and the account that asked.

    Hikvision's `Security/users` lists to an account that may only view that account alone (field reports).
    """
    if not accounts.accounts:
        return Open("listed", "accounts-not-told", _NO_ACCOUNTS, doubted=True)
    if login is not None and login not in {one.name for one in accounts.accounts}:
        return Open("listed", "accounts-not-told", _NOT_THE_ONE_THAT_ASKED, doubted=True)
    if any(one.level.lower().startswith("admin") for one in accounts.accounts):
        return Held("listed", told)
    return Open("listed", "accounts-not-told", _NO_ADMINISTRATOR, doubted=True)


ACCOUNT_INVENTORY = ruled("account-inventory", run_accounts)
