"""Verifies and stores one message after the other: the only place where the hub's rules meet its data.

Each call runs within a transaction of the caller and returns the events to log. A site's watermark changes only by
`Intake.dirty`, which names the epochs whose sites are to be answered after the commit.
"""

from dataclasses import replace
from datetime import datetime

from agent.contract.chain import STREAMS, utc_text
from agent.contract.envelope import REPORT_TYP, STATE_TYP, verify
from agent.contract.orders import Result
from agent.contract.presence import STATUSES
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import read_topic
from agent.hub.domain.own_authors import with_own_authors
from agent.hub.domain.quick_json import DECODE
from agent.hub.domain.rows.intake import Waiting
from agent.hub.ports.store import Store
from agent.hub.workers import answers, connected, orders, refused, refused_keys
from agent.hub.workers.chains import accepted_loss, epochs, rotation
from agent.hub.workers.chains import lost_history as before
from agent.hub.workers.keys import find_key, keep_shown_key
from agent.model.errors import NotVerified
from agent.model.finding import Json, StreamName
from agent.report.plain_findings import with_plain_findings
from agent.verify.bindings import Trust
from agent.verify.members import time_of
from agent.verify.message import Claim, Gap, advance, read_gap, read_head, read_heads, read_message

Event = dict[str, Json]


class Intake:
    """Judges and stores.

    `dirty` holds (site, epoch) that are owed a watermark. `news`: a key was shown, or bound, first: what waits for it
    is worth a `retry`. `told` collects further events beside the one of each message; `settle` returns them.
    `is_carried`: what it takes was brought as files, and says nothing of a connection.
    """

    def __init__(self, store: Store, trust: Trust, is_carried: bool = False) -> None:
        self._store = store
        self._is_carried = is_carried
        self.trust = trust
        self.dirty: set[tuple[str, str]] = set()
        self.news = False
        self.told: list[Event] = []
        self._touched: set[str] = set()
        self._keys: dict[str, PublicKey] = {}

    def take(self, topic: str, payload: bytes, jws: str, now: datetime, label: str = "", packed: bool = False) -> Event:
        """Judge and store one message; return one event with the result.

        `payload` are the exact bytes; with no `jws` (detached), the flattened form around them. `label`: its
        CloudEvents id, unsigned. `packed`: it is still deflated and inflates to more than any payload.
        """
        return self._take(topic, payload, jws, now, "mqtt5" if jws else "flattened", label, packed)

    def retry(self) -> list[Event]:
        """Judge again what waits for a key, after the trust file has changed or a key was shown.

        What was judged may bind the next key: it repeats until nothing new is found. Each is judged as of when it came.
        """
        events = []
        self.news = True
        while self.news:
            self.news = False
            for site, kid in self._store.waiting_keys():
                if self.trust.decide(site, kid) == "unknown-key" or self._key(kid) is None:
                    continue
                for topic, payload, jws, arrived_at in self._store.take_waiting(site, kid):
                    events.append(self._take(topic, payload, jws, datetime.fromisoformat(arrived_at), ""))
        return events

    def forget(self) -> None:
        """Drop what a transaction that was rolled back has left: its messages are judged again."""
        self.told.clear()
        self._touched.clear()
        self._keys.clear()

    def settle(self) -> list[Event]:
        """Finish what several messages decide together; return further events. For the end of each transaction."""
        told, self.told = self.told + answers.settle(self._store, self._touched), []
        self._touched.clear()
        return told

    def take_accepted(self, now: datetime) -> list[Event]:
        """Close what a person has accepted as lost, where a report behind it has the digest of what came before."""
        events: list[Event] = []
        for key, first, last in self._store.accepted.take_unseen(now):
            site, epoch, stream = key
            told: Event = {"site": site, "epoch": epoch, "stream": stream}
            events.append({"event": "loss-accepted", **told, "from_seq": first, "to_seq": last})
            events += [{"event": "tamper", **told}] if self._advance(*key) else []
            self.dirty.add((site, epoch))
        return events

    def _take(
        self, topic: str, payload: bytes, jws: str, now: datetime, protocol: str, label: str = "", packed: bool = False
    ) -> Event:
        """Judge and store a message; `protocol`: its form, as the table `site` has it; empty: it has waited."""
        address = read_topic(topic)
        site = address.site if address else ""
        if protocol:
            self._store.chains.count(site, "received")
        try:
            if packed:
                raise NotVerified("size", "deflated, and not to be inflated to any payload")
            claim = None if answers.is_answer(topic) else read_message(topic, payload, jws, DECODE)
            if claim is not None:
                return self._judge(claim, topic, now, protocol)
            return self._answer(topic, payload, jws, now)
        except NotVerified as error:
            came = refused.Incoming(payload, jws, label, packed)
            key = refused.key_of(address, came, self.trust, self._key, now) if address else None
            signed = address is not None and key is not None and refused.is_signed(came, key)
            if signed and address is not None and key is not None:
                epoch = refused.keep(self._store, address, came, key, error.reason, now)
                self.dirty.update({(site, epoch)} if epoch else ())
            if error.reason in refused_keys.TOLD and (
                epoch := refused_keys.keep(self._store, site, came, self.trust, self._key, now)
            ):
                self.dirty.add((site, epoch))
            self._store.chains.count(site, f"{'rejected' if signed else 'unverified'}:{error.reason}")
            told: Event = {"event": "rejected", "site": site, "topic": topic[:200], "reason": error.reason}
            return {**told, "signed": signed, "why": str(error)}

    def _judge(self, claim: Claim, topic: str, now: datetime, protocol: str) -> Event:
        site, typ = claim.address.site, REPORT_TYP if claim.stream else STATE_TYP
        if claim.stream is None and self._key(claim.kid) is None:
            keep_shown_key(self._store, claim, self.trust.decide(site, claim.kid, now) == "trusted")
            self.news = True
        key = self._believed(site, claim.kid, now)
        if key is None:
            self._wait(Waiting(site, claim.kid, topic, claim.jws, claim.payload), now)
            return self._event("untrusted", claim, kid=claim.kid)
        verify(claim.payload, claim.jws, {key.kid: key}, typ)
        rotation.refuse_after(self._store, self.trust, claim)
        self._store.refusals.drop_key(site)
        news = self._store.meet(site, claim.address.city, claim.epoch, now)
        if news:
            self._store.chains.count(site, "new-epochs")
        self._touched.add(site)
        self._store.chains.hear(site, utc_text(now), protocol)
        event = self._state(claim, now) if claim.stream is None else self._report(claim, claim.stream, now)
        if protocol and not self._is_carried:
            connected.revive(self._store, claim, str(event["event"]), now)
        return {**event, "new_epoch": True} if news else event

    def _answer(self, topic: str, payload: bytes, jws: str, now: datetime) -> Event:
        """Judge the result of a command, or what a site states beside its reports."""
        address = read_topic(topic)
        if address is None:
            raise NotVerified("topic", "not a topic that a site sends on")
        payload, jws, kid = answers.unpack(address, payload, jws)
        key = self._believed(address.site, kid, now)
        if key is None:
            answers.refuse_unknown(address)
            self._wait(Waiting(address.site, kid, topic, jws, payload), now)
            return {"event": "untrusted", "site": address.site, "stream": address.kind, "kid": kid}
        value = answers.read(address, payload, jws, key)
        if (limit := self.trust.rotated(kid)) is not None:
            raise NotVerified("rotated-key", "the key has handed over to {to}", to=limit.to)
        if not isinstance(value, Result):
            return answers.take_stated(self._store, value, payload, jws, now)
        self._touched.add(address.site)
        event, told = answers.take_result(self._store, value, payload, jws, now)
        self.told += told
        return event

    def _believed(self, site: str, kid: str, now: datetime) -> PublicKey | None:
        """Return the key that may sign for the site; None: nobody knows it yet.

        Raises:
            NotVerified: The trust file refuses the key.
        """
        decision = self.trust.decide(site, kid, now)
        if decision not in ("trusted", "unknown-key"):
            raise NotVerified(decision, "the trust file says {decision} of {kid}", decision=decision, kid=kid)
        return self._key(kid) if decision == "trusted" else None

    def _wait(self, message: Waiting, now: datetime) -> None:
        """Store a message until somebody knows its key.

        Raises:
            NotVerified: Too much is waiting.
        """
        if not self._store.keep_waiting(message, now):
            raise NotVerified("too-many-waiting", "more messages of unknown keys than are kept for one site")

    def _key(self, kid: str) -> PublicKey | None:
        if kid not in self._keys:
            key = find_key(self._store, self.trust, kid)
            if key is None:
                return None
            self._keys[kid] = key
        return self._keys[kid]

    def _state(self, claim: Claim, now: datetime) -> Event:
        site, status = claim.address.site, str(claim.data.get("status"))
        if status not in STATUSES:
            raise NotVerified("payload", "a state message with an unknown status")
        epoch, number, last = self._store.connection(site)
        if status == "ready":
            self.dirty.add((site, claim.epoch))  # also a restored copy's: the watermark tells it what it is
            if epochs.second_life(self._store, claim, epoch):
                return self._event("two-lives", claim, status=status)
        # A will is signed at connect and spoken at any time after: not that of an earlier connection. One whose birth
        # is not here yet tells that the connection has been, and is over; the birth does not bring it back.
        if claim.epoch != epoch or claim.seq < number:
            self._store.chains.count(site, "stale-states")
            return self._event("stale-state", claim, status=status)
        over = claim.seq == number and last in ("disconnected", "lost")
        if status != "ready" or not over:
            self._store.keep_state(site, claim.seq, status, now)
        if status == "ready":
            self._store.keep_birth(site, claim.kid, str(claim.data.get("confirm"))[:20])
            if not over:
                orders.renew(self._store, site, now)
        self._expect(site, claim.epoch, claim.data.get("heads"), now)
        tampered = False
        for stream, head in read_heads(claim.data.get("confirmed")).items():
            moved, contradicted = before.begin_at(self._store, (site, claim.epoch, stream), head)
            if moved:
                self._store.chains.late(site, utc_text(now))
                contradicted = self._advance(site, claim.epoch, stream) or contradicted
            if contradicted:
                self._store.chains.count(site, "tampered")
                tampered = True
        return self._event("tamper" if tampered else "state", claim, status=status)

    def _report(self, claim: Claim, stream: StreamName, now: datetime) -> Event:
        site, key = claim.address.site, (claim.address.site, claim.epoch, stream)
        gap = read_gap(claim) if stream == "gap" else None
        handover = rotation.read(claim) if stream == "event" else None
        stored = self._store.digests_at(claim)
        self.dirty.add((site, claim.epoch))
        if claim.digest in stored:
            self._store.chains.count(site, "duplicates")
            return self._event("duplicate", claim)
        if handover is not None and not stored:
            self.trust = self.trust.joined(rotation.bind(self._store, claim, handover, now))
            self.news = True
            self._store.chains.count(site, "rotations")
            self.told.append({"event": "rotated", "site": site, "from": handover.old, "to": handover.new.kid})
        claim = with_own_authors(claim)
        if stream == "config":  # five readers would parse them, each
            claim = replace(claim, data=with_plain_findings(claim.data))
        self._store.keep_report(claim, bool(stored), now)
        below = claim.seq <= self._store.chains.get(key).position.seq
        contradicted = below and before.link_back(self._store, key, claim.seq)
        if stored:
            self._store.chains.count(site, "forks")
            if epochs.mends(self._store, key, claim):
                self._advance(*key)
            return self._event("fork", claim)
        return self._first(claim, stream, gap, contradicted, now)

    def _first(self, claim: Claim, stream: StreamName, gap: Gap | None, contradicted: bool, now: datetime) -> Event:
        """Store the first report of its number; `contradicted`: reports below it contradict it."""
        site, key, chains = claim.address.site, (claim.address.site, claim.epoch, stream), self._store.chains
        chains.count(site, "verified")
        known = chains.expected(key)
        if claim.seq != known + 1:
            chains.late(site, utc_text(now))
        chains.expect(key, claim.seq)
        body = claim.data["body"]
        if gap is not None:
            self._gap(claim, gap)
        elif stream == "health" and isinstance(body, dict):
            if claim.seq >= known:
                due_at = time_of(body.get("next_due_at"))
                chains.health(site, claim.epoch, utc_text(now), utc_text(due_at) if due_at else "")
            self._expect(site, claim.epoch, body.get("heads"), now)
        if stream in ("health", "config"):
            self._store.figures.keep(claim)
        self._store.keep_current(claim)
        if gap is not None or (stream == "event" and isinstance(body, dict) and epochs.tells_incident(body)):
            self.told += epochs.explain(self._store, claim, gap)
        if stream == "event" and isinstance(body, dict):
            self.told += self._store.disputes.take(site, body, now)
        broken = self._advance(site, claim.epoch, stream, claim) or contradicted
        if contradicted:
            chains.count(site, "tampered")
        return self._event("tamper" if broken else "verified", claim)

    def _gap(self, claim: Claim, gap: Gap) -> None:
        """Store what a site has given up: the chain goes on behind it."""
        site, run = claim.address.site, (claim.address.site, gap.epoch, gap.stream)
        self._store.keep_gap(site, gap)
        self._store.refusals.drop(site, gap)
        if gap.epoch == claim.epoch or self._store.chains.expected(run):  # else what is before it was another hub's
            self._store.chains.expect(run, gap.to_seq)
        before.link_back(self._store, run, gap.to_seq)
        self._advance(*run)
        self.dirty.add((site, gap.epoch))

    def _expect(self, site: str, epoch: str, heads: object, now: datetime) -> None:
        """Note what a site says it has made; of one that is known already nothing else matters."""
        if not isinstance(heads, dict):
            return
        for stream in STREAMS:
            key, entry = (site, epoch, stream), heads.get(stream)
            seq = entry.get("seq") if isinstance(entry, dict) else None
            if not isinstance(seq, int) or seq <= self._store.chains.expected(key):
                continue
            if (head := read_head(entry)) is not None:
                self._store.chains.late(site, utc_text(now))
                self._store.chains.expect(key, head.seq)

    def _advance(self, site: str, epoch: str, stream: StreamName, new: Claim | None = None) -> bool:
        """Advance a chain as far as it goes; return whether it has just been found broken.

        `new` is the one report stored since the last advance: often it lies behind a hole, and then nothing can have
        moved.
        """
        key = (site, epoch, stream)
        settled = self._store.chains.settle(key)
        before = self._store.chains.get(key)
        if settled and new is not None and new.seq != before.position.seq + 1:
            return False
        made = self._store.chains.expected(key)  # nothing is known of what lies above it

        def report_at(seq: int, due: str) -> tuple[str, str] | None:
            if new is not None and seq == new.seq:
                return new.digest, new.prev
            return epochs.version_at(self._store, key, seq, due) if seq <= made else None

        def gap_at(seq: int) -> tuple[int, str] | None:
            if seq > made:
                return None
            return self._store.gap_at(site, epoch, stream, seq) or accepted_loss.close(self._store, key, seq)

        after = advance(before, report_at, gap_at)
        if after == before:
            return False
        self._store.chains.keep(key, after)
        if after.broken and not before.broken:
            self._store.chains.count(site, "tampered")
            return True
        return False

    @staticmethod
    def _event(kind: str, claim: Claim, **more: Json) -> Event:
        event: Event = {"event": kind, "site": claim.address.site, "stream": claim.address.kind}
        return {**event, "epoch": claim.epoch, "seq": claim.seq, **more}
