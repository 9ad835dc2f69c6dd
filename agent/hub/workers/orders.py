"""Signs, stores and schedules the hub's orders to a site, whether a person or the hub itself gave them.

Decides the form of an order, when it is to be published, and when again: while no answer is here and it has not
expired, at each new `ready` of the site and each new connection of the hub; its id makes that harmless. Answers are for
`agent/hub/workers/answers.py`. Nothing here can change a device.
"""

import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from agent.contract.disputes import Decided
from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, sign_payload
from agent.contract.orders import ORDER_MAX_BYTES, Command, CommandName, Desired, Order, Range, SpotCheck
from agent.contract.orders_json import read_command, write_command, write_desired
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.contract.watermark import SEQ_MAX
from agent.deliver.publish.messages import Message as Publication
from agent.hub.domain.policy import changes, merged
from agent.hub.ports.store import Store
from agent.model.errors import NotVerified, UsageError
from agent.model.finding import Json
from agent.site.duties.agent_version import NAME

WITHIN: Final = timedelta(hours=1)
"""A report or a check is of use for so long."""

RESEND_WITHIN: Final = timedelta(days=1)
"""A site keeps for so long what is confirmed."""

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An order to be published. `version` 0: it is the command `id`; else that version of a site's policy."""

    site: str
    id: str
    version: int
    message: Publication


def order_resend(
    store: Store, signer: Signer, site: str, asked: Range, now: datetime, within: timedelta = RESEND_WITHIN
) -> Command:
    """Request a run of reports again; see `order_report_now`."""
    return _order(store, signer, site, "resend", now, within, asked=asked)


def order_report_now(store: Store, signer: Signer, site: str, now: datetime, within: timedelta = WITHIN) -> Command:
    """Request a fresh report from a known site within `within`. The running hub sends the order within a second.

    `store` may be in a transaction of the caller's; `signer` is the hub's key, which the site has pinned.

    Raises:
        UsageError: No such site, or an order cannot express it.
        StoreFailed: Nothing was ordered.
    """
    return _order(store, signer, site, "report-now", now, within)


def order_check_now(
    store: Store,
    signer: Signer,
    site: str,
    now: datetime,
    cameras: tuple[str, ...] = (),
    checks: tuple[str, ...] = (),
    within: timedelta = WITHIN,
) -> Command:
    """Request a fresh look, bound to this order by a nonce. None named: all of them. See `order_report_now`."""
    asked = SpotCheck(secrets.token_urlsafe(24), cameras, checks)
    return _order(store, signer, site, "check-now", now, within, spot_check=asked)


def order_decide(store: Store, signer: Signer, site: str, word: Decided, now: datetime, within: timedelta) -> Command:
    """Tell a site what was decided on one of its disputes. See `order_report_now`."""
    return _order(store, signer, site, "decide", now, within, decided=word)


def set_desired(
    store: Store,
    signer: Signer,
    site: str,
    policy: Mapping[str, Json] | None,
    now: datetime,
    expires_at: datetime | None = None,
    packs: tuple[str, ...] | None = None,
) -> Desired:
    """Set the policy that is to be in force at a known site; its version follows the highest that either has named.

    Args:
        store: The hub's.
        signer: The hub's key, which the site has pinned.
        site: Its id.
        policy: Names and values; what it does not name stays, None as a value takes one back. None: all of them stay.
        now: When it is ordered.
        expires_at: Past it the site's own policy counts again; None: never.
        packs: Packs of rules as TOML; None: those of the last document stay. Only the site can judge what they demand.

    Raises:
        UsageError: No such site, a threshold that no site takes, packs too large, or the last version is used.
        StoreFailed: Nothing has changed.
    """
    with store.transaction():
        epoch_of(store, site)
        last = store.policies.highest_version(site)
        if last >= SEQ_MAX:
            raise UsageError(
                "site {site} names policy version {last}, and there is no higher version; look at the site",
                site=site,
                last=last,
            )
        before = _last_desired(store, site)
        policy = merged(before.get("policy", {}), policy or {})
        packs = tuple(before.get("packs", ())) if packs is None else packs
        desired = Desired(site, last + 1, now, policy, expires_at, packs)
        payload = write_desired(desired)
        if len(payload) > ORDER_MAX_BYTES:
            raise UsageError(
                "policy and packs take {count} bytes, and a site looks at {most} at most; send fewer or shorter packs",
                count=len(payload),
                most=ORDER_MAX_BYTES,
            )
        store.policies.keep_desired(desired, payload, sign_payload(payload, signer, DESIRED_TYP))
    return desired


def set_version(store: Store, signer: Signer, site: str, version: str | None, now: datetime) -> Desired:
    """Name the agent's version in a site's policy, or take it back (None), and change nothing else of what counts.

    Thresholds that were sent until a time end at that time; those that have ended stay ended. See `set_desired`.
    """
    before = _last_desired(store, site)
    ends = before.get("expires_at")
    expires_at = datetime.fromisoformat(ends) if ends else None
    if expires_at is None or now < expires_at:
        return set_desired(store, signer, site, {NAME: version}, now, expires_at)
    ended: dict[str, Json] = dict.fromkeys(before.get("policy", {}))
    return set_desired(store, signer, site, {**ended, NAME: version}, now, packs=())


def changed(store: Store, made: Desired) -> tuple[tuple[str, Json, Json], ...]:
    """Return name, old and new value of each threshold that a stored order changes; None: the site's own counts."""
    return changes(_last_desired(store, made.site, made.version - 1).get("policy", {}), made.policy)


def _last_desired(store: Store, site: str, up_to: int = SEQ_MAX) -> Mapping[str, Any]:
    payload = store.policies.desired(site, up_to)
    told: Mapping[str, Any] = json.loads(payload) if payload else {}
    return told


def unsent(store: Store, now: datetime) -> list[Outgoing]:
    """Return some of what is to be published now: unexpired commands, and the newest policy of each site."""
    outgoing = []
    for one in store.commands.unsent(now, _AT_ONCE):
        left_s = math.ceil((one.expires_at - now).total_seconds())
        message = Publication(topic(one.city, one.site, "cmd", one.id), one.payload, one.jws, expires_s=left_s)
        outgoing.append(Outgoing(one.site, one.id, 0, message))
    for policy in store.policies.unsent(_AT_ONCE):
        message = Publication(topic(policy.city, policy.site, "desired"), policy.payload, policy.jws, retain=True)
        outgoing.append(Outgoing(policy.site, "", policy.version, message))
    return outgoing


def mark_sent(store: Store, sent: list[Outgoing], now: datetime) -> None:
    """Note that orders were published. Within a transaction."""
    for one in sent:
        if one.version:
            store.policies.mark_sent(one.site, one.version, now)
        else:
            store.commands.mark_sent(one.id, now)


def renew(store: Store, site: str, now: datetime) -> None:
    """Schedule again what a returned site has not answered. Within a transaction."""
    store.commands.renew(now, site)
    store.policies.renew(site)


def renew_all(store: Store, now: datetime) -> None:
    """Schedule all open orders again: this connection is new, and the broker may have lost what it had."""
    store.commands.renew(now)
    store.policies.renew_all()


def _order(
    store: Store,
    signer: Signer,
    site: str,
    name: CommandName,
    now: datetime,
    within: timedelta,
    asked: Range | None = None,
    spot_check: SpotCheck | None = None,
    decided: Decided | None = None,
) -> Command:
    command = Command(secrets.token_urlsafe(16), site, name, now, now + within, asked, spot_check, decided)
    payload = write_command(command)
    jws = sign_payload(payload, signer, COMMAND_TYP)
    with store.transaction():
        epoch_of(store, site)
        try:
            read_command(Order("cmd", command.id, payload, jws), {signer.kid: signer.public}, site)
        except NotVerified:
            raise UsageError(
                "a {name} of this form is none that a site takes; correct its names or numbers", name=name
            ) from None
        store.commands.keep(command, payload, jws)
    return command


def epoch_of(store: Store, site: str) -> str:
    """Return the epoch that a site lives in. Raises UsageError where no verified message of it has come."""
    epoch = store.epoch_of(site)
    if epoch is None:
        raise UsageError(
            "{site!r} is not known here: no verified message of it has come; see `camwarden hub status`", site=site
        )
    return epoch
