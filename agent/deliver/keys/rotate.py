"""Rotates the signing key of a site: the steps between two cycles, in the spool.

A rotation has three steps; after a crash between any two the next start completes it:

    1. the waiting key is there            nothing has changed: the old key signs
    2. the rotation is in the chain        the old key never signs again; `signs_next` returns the new one, and a note
                                           beside the spool does where the spool is lost and the old key is still there
    3. the waiting key takes the place     the old private key is gone

Runs while nobody else has the spool: no report and no gap record comes between the heads that a rotation names and the
rotation. Also reports a key that changed without one, and a time in which the key could not be used. The form of a
rotation is in `agent/contract/key_rotation.py`.
"""

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from agent.contract.chain import Heads, link
from agent.contract.envelope import sign
from agent.contract.key_rotation import rotation_body
from agent.contract.signing_keys import KeyUnavailable, Signer
from agent.deliver.keys.findings import forget_outage, key_finding, note_outage, outage_since
from agent.deliver.keys.place import KeyHolder
from agent.deliver.spool.read_only import signs_next
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.host.files import write_atomic
from agent.host.health import moment
from agent.host.log_kinds import about
from agent.judge.memory import memory as state
from agent.judge.memory.memory import EMPTY_MEMORY
from agent.model.errors import AgentError, UsageError
from agent.model.finding import Draft, Envelope, Finding, Json, Moment, utc_text
from agent.report.build import finding_json
from agent.site.config.site import Site

log = logging.getLogger("camwarden.keys")

SPOOL_NAME: Final = "spool.db"
TAKEN_OVER_NAME: Final = "report-key.taken-over"

_PROBE: Final = b"is the key there?"  # no JWS begins so: this signature is good for nothing

Step = Literal["keep", "rotate", "finish"]


class RotationWaits(UsageError):
    """The spool has no room for the rotation without evicting reports. Nothing was changed."""


def next_step(current: str | None, waiting: str | None, due: str) -> Step:
    """Return the step that a waiting key needs. Pure.

    Args:
        current: Thumbprint of the key in use, None if there is none.
        waiting: Thumbprint of the waiting key, None if there is none.
        due: The key that must sign next by the chain, else by the note; empty where there is neither.

    Returns:
        `finish`: only the place is left to change, the chain has the rotation (or there is nothing to rotate from).
    """
    if waiting is None:
        return "keep"
    if current is None or waiting in (current, due):
        return "finish"
    return "rotate"


def settle(site: Site, keys: KeyHolder, clock: Callable[[], datetime]) -> Signer:
    """Return the key that signs from now on: made at a first start; a waiting one takes over here.

    Nobody else may have the spool open, this process neither.

    Raises:
        Locked: Somebody has.
        RotationWaits: The spool is full; the old key stays in use.
        KeyUnavailable: The token is gone. Nothing was changed.
        AgentError: The key or the spool cannot be used.
    """
    waiting = keys.waiting()
    if waiting is None:
        return keys.current() or keys.create()
    current = keys.current()
    path = site.storage.directory / SPOOL_NAME
    seal = seal_for(site, current or waiting, clock)
    linked = False

    def seal_before(draft: Draft, heads: Heads, epoch: str) -> Envelope:
        if linked:  # this record would come after the heads that the rotation names
            raise RotationWaits("{path}: the spool is full: the key is not changed before there is room", path=path)
        return seal(draft, heads, epoch)

    with closing(Spool.open(path, site.storage.spool_max_bytes, now=clock(), seal=seal_before)) as spool:
        due = signs_next(path) or _taken_over(site.storage.directory)
        step = next_step(current.kid if current else None, waiting.kid, due)
        if step == "rotate" and current is not None:
            now = moment(clock())
            spool.begin(now.at)
            report_replaced(site, spool, current, now)
            linked = True
            body = rotation_body(site.division, site.id, spool.epoch, current, waiting, spool.heads())
            _commit(site, spool, current, body, now)
            said = "the report key has changed from %s to %s; the hub is told"
            log.warning(said, current.kid, waiting.kid, extra=about("key-changed"))
        _note_taken_over(site.storage.directory, waiting.kid)
        keys.promote()
    return waiting


def settle_for_service(site: Site, keys: KeyHolder, clock: Callable[[], datetime]) -> Signer:
    """Like `settle`, for the service: a rotation that waits does not stop it; a token's outage is noted to report."""
    try:
        return settle(site, keys, clock)
    except RotationWaits as error:
        log.warning("%s", error)
    except KeyUnavailable:
        note_outage(site.storage.directory, clock())
        raise
    current = keys.current()
    return current if current is not None else keys.create()


def has_waiting_key(keys: KeyHolder, signer: Signer) -> bool:
    """Return whether another key than `signer` is there to take over. One that cannot be used is logged and ignored."""
    try:
        waiting = keys.waiting()
    except AgentError as error:
        log.error("the waiting report key cannot be used, the old one stays in use: %s", error)
        return False
    return waiting is not None and waiting.kid != signer.kid


def report_replaced(site: Site, spool: Spool, signer: Signer, now: Moment) -> bool:
    """Report, signed by the new key, that it replaced another one without a rotation; return whether it did.

    Raises:
        KeyUnavailable: The token is gone.
        SpoolFailed: The disk refuses.
    """
    due = signs_next(site.storage.directory / SPOOL_NAME)
    if due in ("", signer.kid):
        return False
    log.error("the report key is %s where %s signed before, and no rotation says so: the hub is told", signer.kid, due)
    commit_event(site, spool, signer, key_finding("key-replaced", {"from": due, "to": signer.kid}), now)
    return True


def can_sign(site: Site, spool: Spool, signer: Signer, now: Moment) -> bool:
    """Return whether the key can sign a cycle now; call before anything of the cycle is written.

    A key in a file always can. For one in a token a signature is made and discarded. An outage is noted, and its event
    is committed here as soon as the key can sign again.

    Raises:
        SpoolFailed: The disk refuses.
    """
    directory = site.storage.directory
    try:
        if signer.may_fail:
            signer.sign(_PROBE)
        if since := outage_since(directory):
            evidence = {"since": since, "until": utc_text(now.at)}
            commit_event(site, spool, signer, key_finding("key-unavailable", evidence), now)
            forget_outage(directory)
    except KeyUnavailable as error:
        note_unusable(site, error, now)
        return False
    return True


def note_unusable(site: Site, error: KeyUnavailable, now: Moment) -> None:
    """Note and log that the key cannot be used."""
    note_outage(site.storage.directory, now.at)
    log.error("%s; nothing is reported before that", error, extra=about("key-unusable"))


def commit_event(site: Site, spool: Spool, signer: Signer, finding: Finding, now: Moment) -> None:
    """Commit one event about the key, before anything else that the key signs.

    Raises:
        KeyUnavailable: The token is gone.
        SpoolFailed: The disk refuses.
    """
    spool.begin(now.at)  # a new epoch that is due begins before the event, not after it
    _commit(site, spool, signer, event_body(site, finding), now)


def event_body(site: Site, finding: Finding) -> dict[str, Json]:
    """Return the body of an event for a finding that no check made."""
    return {
        "division": site.division,
        "check": finding.check,
        "subject": finding.subject,
        "from": None,
        "to": finding.status,
        "finding": finding_json(finding),
    }


def _note_taken_over(directory: Path, kid: str) -> None:
    """Store which key took over last. A failed write is logged: the chain has it too."""
    if _taken_over(directory) == kid:
        return
    try:
        write_atomic(directory / TAKEN_OVER_NAME, kid.encode(), 0o600)
    except OSError as error:
        log.error("%s: which report key took over is not kept: %s", directory / TAKEN_OVER_NAME, error.strerror)


def _taken_over(directory: Path) -> str:
    """Return the thumbprint of the key that took over last, empty where none has or the file is not legible."""
    try:
        return (directory / TAKEN_OVER_NAME).read_bytes()[:64].decode("ascii", "replace")
    except OSError:
        return ""


def _commit(site: Site, spool: Spool, signer: Signer, body: dict[str, Json], now: Moment) -> None:
    reports, _ = link((Draft("event", body),), spool.heads(), spool.epoch, site.origin, now)
    memory = spool.read_memory() or state.to_json(EMPTY_MEMORY)
    spool.commit([sign(report, signer) for report in reports], memory, now.at)
