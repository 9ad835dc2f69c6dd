"""Signs for the upper hub which keys are those of a site: those that this hub trusts, with the division that counts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from agent.contract.envelope import VOUCHER_TYP, sign_payload
from agent.contract.jwk import PublicKey, public_key
from agent.contract.signing_keys import Signer
from agent.contract.voucher import KEYS_MOST, VouchedKey, Voucher, write_voucher
from agent.hub.domain.scope import is_below
from agent.hub.ports.store import Store
from agent.verify.bindings import Binding, Trust

Held = Literal["unknown-site", "no-division", "division", "no-key"]
"""Why a site is not forwarded: nothing verified has come of it; nobody has told where it lies; it lies elsewhere than
is forwarded; none of its keys is here."""


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher as it is sent, and the city of its site."""

    site: str
    city: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)


def write(
    store: Store, signer: Signer, site: str, bound: Iterable[Binding], divisions: tuple[str, ...], now: datetime
) -> SignedVoucher | Held:
    """Return the voucher of a site, or why it has none.

    `bound`: every binding of the site. `divisions`: only sites of these; none named: all.

    Its number follows the clock, so that a newer one counts above; the same keys again do no harm.
    """
    if store.epoch_of(site) is None:
        return "unknown-site"
    placed = store.seen.place(site).divisions
    division = next(iter(placed), "")
    if not division:
        return "no-division"
    if divisions and not any(is_below(division, above) for above in divisions):
        return "division"
    newest = sorted(bound, key=lambda one: one.added_at, reverse=True)
    keys = tuple(_vouched(store, (one for one in newest if not one.revoked_at), now))[:KEYS_MOST]
    revoked = tuple(one.kid for one in newest if one.revoked_at)[:KEYS_MOST]
    if not keys and not revoked:
        return "no-key"
    city, _ = store.city_and_epoch(site)
    number = int(now.timestamp() * 1000)
    voucher = Voucher(site=site, city=city, division=division, number=number, keys=keys, revoked=revoked)
    payload = write_voucher(voucher, now)
    return SignedVoucher(site, city, payload, sign_payload(payload, signer, VOUCHER_TYP))


def by_site(trust: Trust) -> Mapping[str, list[Binding]]:
    """Return the bindings of each site."""
    found: dict[str, list[Binding]] = defaultdict(list)
    for one in trust.bindings.values():
        found[one.site].append(one)
    return found


def _vouched(store: Store, bound: Iterable[Binding], now: datetime) -> Iterable[VouchedKey]:
    for one in bound:
        until = datetime.fromisoformat(one.until) if one.until else None
        key = _key(store, one)
        if key is not None and (until is None or until > now):
            yield VouchedKey(key, until)


def _key(store: Store, bound: Binding) -> PublicKey | None:
    jwk = bound.jwk or store.key(bound.kid)
    return public_key(dict(jwk)) if jwk else None
