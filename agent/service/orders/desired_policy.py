"""Validates and applies a hub's policy document, and stores the last good one.

    verified -> version rises -> whole document valid -> nothing loosened -> kept, and in force from the next cycle

A document is applied whole or not at all. It holds thresholds and the period from a closed list
(`agent/site/duties/bounds.py`), packs of rules (`agent/site/duties/hub_packs.py`), and the version of the agent where
`[upgrade]` allows that (`agent/site/duties/agent_version.py`): no address, no credential. The
demands of a site's own file and packs may only become stricter: a floor may rise, a limit may fall, a duty may be
added. The period alone may go either way within its bounds. `Site.digest` stays that of the site's own file.

All of it is pure but the two functions at the end.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.contract.envelope import flatten, read_header, unflatten
from agent.contract.orders import Desired, Order, Refused
from agent.contract.orders_json import read_desired
from agent.contract.signing_keys import PublicKey
from agent.host.files import write_atomic
from agent.model.errors import NotVerified, os_words
from agent.model.finding import Finding, Json, Message, Source
from agent.site.config.site import Site
from agent.site.duties import agent_version
from agent.site.duties.bounds import contradiction, loosens, overlay
from agent.site.duties.figures import out_of_bounds
from agent.site.duties.hub_packs import NotAPack, first_fault, looser, not_rising, read_packs, with_packs
from agent.version import VERSION

FILE_NAME: Final = "desired.json"
FILE_MODE: Final = 0o600
FILE_MAX_BYTES: Final = 256 * 1024
WHY_MAX_CHARS: Final = 500

FROM_A_HUB: Final = frozenset({"site", "payload"})
"""Reasons of `NotVerified` for what a pinned hub did sign: these are refused aloud, all others only counted."""

TAMPERED: Final = Message(
    "the hub's policy that was kept is not what the hub signed and is not in force: find out who changed the file"
)


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """The last accepted document: parsed, its exact bytes and signature, and SHA-256 of the bytes, hex."""

    desired: Desired
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Identify the document."""
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy in force: the site as it is judged, packs too, and the hub's document behind it; version 0: none.

    `refused` is why a stored document does not count.
    """

    site: Site
    version: int = 0
    policy: Mapping[str, Json] = field(default_factory=dict)
    digest: str = ""
    refused: Refused | None = None


def accept_document(
    order: Order,
    kept: StoredPolicy | None,
    local: Site,
    hub_keys: Mapping[str, PublicKey],
    now: datetime | None,
) -> StoredPolicy:
    """Return the document to store and to put in force.

    Args:
        order: As received.
        kept: The last one that was accepted; returned as it is where the same comes again.
        local: The site as its own file describes it.
        hub_keys: The pinned keys.
        now: None where the clock cannot be trusted: then nothing is called expired.

    Raises:
        NotVerified: No pinned hub signed it for this site; see `FROM_A_HUB`.
        PolicyRefused: It is refused.
    """
    desired = read_desired(order.payload, order.jws, hub_keys, local.id)
    try:
        order.payload.decode()  # a JSON reader takes other encodings too; a flattened JWS does not carry them
    except UnicodeDecodeError:
        raise NotVerified("payload", "signed, but not JSON in UTF-8") from None
    fresh = StoredPolicy(desired, order.payload, order.jws)
    if kept is not None and desired.version <= kept.desired.version:
        if fresh.digest == kept.digest:
            return kept
        why = f"version {desired.version} does not come after version {kept.desired.version}, which was taken before"
        raise PolicyRefused(Refused(desired.version, "version-not-rising", why))
    refused = _expired(desired, now) or judge(local, desired) or _version_refused(local, desired, kept)
    if refused is not None:
        raise PolicyRefused(refused)
    return fresh


class PolicyRefused(Exception):
    """A document of a pinned hub is refused; `refused` is the answer to the hub."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


def in_force(local: Site, kept: StoredPolicy | None, now: datetime | None) -> InForce:
    """Return the policy in force: not a stored document that expired, or is laxer than a changed site file."""
    if kept is None:
        return InForce(local)
    refused = _expired(kept.desired, now) or judge(local, kept.desired)
    if refused is not None:
        return InForce(local, refused=refused)
    policy, version = kept.desired.policy, kept.desired.version
    packs = with_packs(local.packs, read_packs(kept.desired.packs), version, read_header(kept.jws).kid)
    figures = agent_version.figures_of(policy)
    return InForce(replace(overlay(local, figures), packs=packs), version, policy, kept.digest)


def judge(local: Site, desired: Desired) -> Refused | None:
    """Return the first mistake of a document, None where it has none. Mistakes in values come before what loosens."""
    if why := agent_version.fault(desired.policy):
        return Refused(desired.version, "not-valid", why)
    policy: Mapping[str, Any] = agent_version.figures_of(desired.policy)
    for name, value in policy.items():
        if why := out_of_bounds(name, value):
            return Refused(desired.version, "not-valid", why)
    try:
        packs = read_packs(desired.packs)
    except NotAPack as error:
        return Refused(desired.version, "not-valid", str(error)[:WHY_MAX_CHARS])
    if why := first_fault(local, packs):
        return Refused(desired.version, "not-valid", why)
    for name, value in policy.items():
        if why := loosens(local, name, value):
            return Refused(desired.version, "loosens", why)
    if why := looser(local.packs, packs):
        return Refused(desired.version, "loosens", why)
    if why := not_rising(local.packs, packs):
        return Refused(desired.version, "version-not-rising", why)
    if why := contradiction(overlay(local, policy), set(policy)):
        return Refused(desired.version, "not-valid", why)
    return None


def _version_refused(local: Site, desired: Desired, kept: StoredPolicy | None) -> Refused | None:
    """Return why the named version is refused. Not judged again later: no threshold may fall because of a version."""
    before = kept.desired.policy if kept is not None else {}
    found = agent_version.refusal(local.upgrade.allow, desired.policy, before, VERSION)
    return None if found is None else Refused(desired.version, *found)


def _expired(desired: Desired, now: datetime | None) -> Refused | None:
    if now is None or desired.expires_at is None or now < desired.expires_at:
        return None
    return Refused(desired.version, "expired", f"version {desired.version} has expired; the site's own policy counts")


def tampered(reason: str) -> Finding:
    """Return the finding about a stored document that does not verify; `reason` is that of `NotVerified`."""
    source, evidence = Source("camwarden", "policy of the hub"), {"reason": reason}
    return Finding("agent-policy", "site", "fail", "major", TAMPERED, source, "desired-tampered", evidence)


def read_stored(path: Path, hub_keys: Mapping[str, PublicKey], site_id: str) -> StoredPolicy | None:
    """Read and verify the stored document; None where there is none.

    Raises NotVerified where the file is not what a pinned hub signed for this site.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotVerified("unreadable", "{file} cannot be read: {why}", file=path.name, why=os_words(error)) from None
    try:
        payload, jws = unflatten(data)
    except RecursionError:
        raise NotVerified("malformed", "{file} is not a flattened JWS", file=path.name) from None
    return StoredPolicy(read_desired(payload, jws, hub_keys, site_id), payload, jws)


def store(path: Path, kept: StoredPolicy) -> None:
    """Store a document as a flattened JWS. Raises OSError; then it must not be put in force either."""
    write_atomic(path, flatten(kept.payload, kept.jws), FILE_MODE)
