"""Takes one message after the other into the store: the only place where the hub's rules meet its data.

Each call runs within a transaction of the caller and returns what is worth telling. A site's watermark changes only
by `Intake.dirty`, which names the epochs whose sites are to hear from the hub after the commit.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from agent.envelope import REPORT_TYP, STATE_TYP, verify
from agent.errors import NotVerified
from agent.hub.store import KEYS_MOST, Store
from agent.hub.trust import Trust
from agent.hub.verify import Chain, Claim, Gap, advance, read_gap, read_heads, read_message
from agent.keys import PublicKey, public_key
from agent.model import Json, StreamName
from agent.presence import STATUSES

Event = dict[str, Json]


class Intake:
    """Judges and stores.

    `dirty` holds (site, epoch) that are owed a watermark. `news` says that a key was shown for the first time, so that
    what waits for it is worth another look (`retry`).
    """

    def __init__(self, store: Store, trust: Trust) -> None:
        self._store = store
        self.trust = trust
        self.dirty: set[tuple[str, str]] = set()
        self.news = False
        self._keys: dict[str, PublicKey] = {}

    def take(self, topic: str, payload: bytes, jws: str, now: datetime) -> Event:
        """Take one message; return one event that says what became of it."""
        site = ""
        try:
            claim = read_message(topic, payload, jws)
            site = claim.address.site
            self._store.chains.count(site, "received")
            return self._judge(claim, topic, now)
        except NotVerified as error:
            self._store.chains.count(site, f"rejected:{error.reason}")
            return {"event": "rejected", "site": site, "topic": topic[:200], "reason": error.reason, "why": str(error)}

    def retry(self, now: datetime) -> list[Event]:
        """Judge again what waits for a key, after the trust file has changed or a key was shown."""
        self.news = False
        events = []
        for site, kid in self._store.waiting_keys():
            if self.trust.decide(site, kid) == "unknown-key" or self._key(kid) is None:
                continue
            for topic, payload, jws in self._store.take_waiting(site, kid):
                try:
                    events.append(self._judge(read_message(topic, payload, jws), topic, now))
                except NotVerified as error:
                    self._store.chains.count(site, f"rejected:{error.reason}")
                    events.append({"event": "rejected", "site": site, "topic": topic, "reason": error.reason})
        return events

    def _judge(self, claim: Claim, topic: str, now: datetime) -> Event:
        site, typ = claim.address.site, REPORT_TYP if claim.stream else STATE_TYP
        decision = self.trust.decide(site, claim.kid)
        if claim.stream is None and self._key(claim.kid) is None:
            self._keep_key(claim, vouched_for=decision == "trusted")
        if decision in ("key-of-another-site", "revoked-key"):
            raise NotVerified(decision, f"the trust file says {decision} of {claim.kid}")
        key = self._key(claim.kid)
        if decision == "unknown-key" or key is None:
            if not self._store.keep_waiting(claim, topic, now):
                raise NotVerified("too-many-waiting", "more messages of unknown keys than are kept for one site")
            return self._event("untrusted", claim, kid=claim.kid)
        verify(claim.payload, claim.jws, {key.kid: key}, typ)
        news = self._store.meet(site, claim.address.city, claim.epoch, now)
        if news:
            self._store.chains.count(site, "new-epochs")
        event = self._state(claim, now) if claim.stream is None else self._report(claim, claim.stream, now)
        return {**event, "new_epoch": True} if news else event

    def _keep_key(self, claim: Claim, vouched_for: bool) -> None:
        """Keep the key that a state message shows: its thumbprint is its name, so nobody can slip in another."""
        try:
            key = public_key(claim.data.get("jwk"))
        except ValueError as error:
            raise NotVerified("payload", f"a state message without a usable public key: {error}") from None
        if key.kid != claim.kid:
            raise NotVerified("payload", "a state message that shows another key than the one it is signed with")
        verify(claim.payload, claim.jws, {key.kid: key}, STATE_TYP)
        if not vouched_for and self._store.keys_shown(claim.address.site) >= KEYS_MOST:
            raise NotVerified("too-many-keys", "the site has shown more keys than are kept")
        self._store.keep_key(claim.address.site, key.kid, key.jwk)
        self.news = True

    def _key(self, kid: str) -> PublicKey | None:
        if kid not in self._keys:
            jwk = self._store.key(kid)
            if jwk is None:
                return None
            self._keys[kid] = public_key(dict(jwk))
        return self._keys[kid]

    def _state(self, claim: Claim, now: datetime) -> Event:
        site, status = claim.address.site, str(claim.data.get("status"))
        if status not in STATUSES:
            raise NotVerified("payload", "a state message with an unknown status")
        ((epoch, number),) = self._store.all("SELECT epoch, connection_no FROM site WHERE site = ?", site)
        # A will is signed at connect and spoken at any time after: only that of the present connection counts.
        if status == "ready":
            self.dirty.add((site, claim.epoch))  # also a restored copy's: the watermark tells it what it is
        late = claim.epoch != epoch or claim.seq < number or (status != "ready" and claim.seq != number)
        if late:
            self._store.chains.count(site, "stale-states")
            return self._event("stale-state", claim, status=status)
        self._store.keep_state(site, claim.seq, status, now)
        self._expect(site, claim.epoch, claim.data.get("heads"))
        for stream, head in read_heads(claim.data.get("confirmed")).items():
            chain = self._store.chains.get((site, claim.epoch, stream))
            lost = chain.position.seq < head.seq and not self._store.report_at(
                site, claim.epoch, stream, chain.position.seq + 1
            )
            if lost:  # this hub confirmed it once and has lost it: the site no longer has what lies before
                run = chain.position.seq + 1, head.seq
                self._store.keep_gap(
                    site, Gap(claim.epoch, stream, *run, head.seq - chain.position.seq, "confirmed-before", head.digest)
                )
                self._store.chains.keep((site, claim.epoch, stream), Chain(head, head, chain.broken))
                self._advance(site, claim.epoch, stream)
        return self._event("state", claim, status=status)

    def _report(self, claim: Claim, stream: StreamName, now: datetime) -> Event:
        site = claim.address.site
        gap = read_gap(claim) if stream == "gap" else None
        stored = self._store.digests_at(claim)
        self.dirty.add((site, claim.epoch))
        if claim.digest in stored:
            self._store.chains.count(site, "duplicates")
            return self._event("duplicate", claim)
        self._store.keep_report(claim, bool(stored), now)
        if stored:
            self._store.chains.count(site, "forks")
            return self._event("fork", claim)
        self._store.chains.count(site, "verified")
        if gap is not None:
            self._store.keep_gap(site, gap)
            self._advance(site, gap.epoch, gap.stream)
            self.dirty.add((site, gap.epoch))
        if stream == "health":
            body = claim.data["body"]
            self._expect(site, claim.epoch, body.get("heads") if isinstance(body, dict) else None)
        broken = self._advance(site, claim.epoch, stream, claim)
        return self._event("tamper" if broken else "verified", claim)

    def _expect(self, site: str, epoch: str, heads: object) -> None:
        for stream, head in read_heads(heads).items():
            self._store.chains.expect((site, epoch, stream), head.seq)

    def _advance(self, site: str, epoch: str, stream: StreamName, new: Claim | None = None) -> bool:
        """Move a chain on as far as it goes; say whether it has just been found broken.

        `new` is the one report that was stored since it last went as far as it could: often it lies behind a hole, and
        then nothing can have moved.
        """
        key = (site, epoch, stream)
        settled = self._store.chains.settle(key)
        before = self._store.chains.get(key)
        if settled and new is not None and new.seq != before.position.seq + 1:
            return False

        def report_at(seq: int) -> tuple[str, str] | None:
            if new is not None and seq == new.seq:
                return new.digest, new.prev
            return self._store.report_at(site, epoch, stream, seq)

        after = advance(before, report_at, partial(self._store.gap_at, site, epoch, stream))
        if after == before:
            return False
        self._store.chains.keep(key, after)
        if after.broken and not before.broken:
            self._store.chains.count(site, "tampered")
            return True
        return False

    @staticmethod
    def _event(kind: str, claim: Claim, **more: Json) -> Event:
        event: Event = {
            "event": kind,
            "site": claim.address.site,
            "stream": claim.address.kind,
            "epoch": claim.epoch,
            "seq": claim.seq,
        }
        return {**event, **more}
