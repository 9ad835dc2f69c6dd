"""Defines the ports of intake: reports, chains, keys, sites, refusals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from agent.contract.watermark import RefusedKey, Rejected
from agent.hub.domain.rows.intake import Key, Waiting
from agent.model.finding import Head, StreamName
from agent.verify.message import Chain, Claim, Gap


class Intake(Protocol):
    """Stores what intake has verified, and queries what it decides by; writes within the caller's transaction."""

    def keep_key(self, site: str, kid: str, jwk: Mapping[str, str]) -> None:
        """Store a public key that a site has shown, trusted or not."""

    def keys_shown(self, site: str) -> int:
        """Return how many keys a site has shown."""

    def key(self, kid: str) -> Mapping[str, str] | None:
        """Return a public key by its thumbprint, as it was shown."""

    def keep_waiting(self, message: Waiting, now: datetime) -> bool:
        """Store a message of a key that nobody has vouched for yet; False where there are too many of its site."""

    def take_waiting(self, site: str, kid: str) -> list[tuple[str, bytes, str, str]]:
        """Remove what waits for a key; return topic, payload, JWS and time of arrival, oldest first."""

    def waiting_keys(self) -> list[tuple[str, str]]:
        """Return site and kid of everything that waits, in the order of arrival."""

    def digests_at(self, claim: Claim) -> list[str]:
        """Return the digests of the reports under a report's number: more than one is a fork. Within a transaction."""

    def keep_report(self, claim: Claim, fork: bool, now: datetime) -> None:
        """Store a verified report: its exact bytes, and the columns of views."""

    def count_first(self, key: Key, seq: int, digest: str) -> None:
        """Let the report with a digest be the first one under its number, and the others its forks."""

    def keep_current(self, claim: Claim) -> None:
        """Take up what the first report under its number says of its site now."""

    def keep_gap(self, site: str, gap: Gap) -> None:
        """Store the run of a verified gap record; it also explains exactly this run where it is `confirmed-before`."""

    def report_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, str] | None:
        """Return digest and `prev` of the report that came first under a number."""

    def gap_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[int, str] | None:
        """Return last number and digest of a gap record that covers a number."""

    def meet(self, site: str, city: str, epoch: str, now: datetime) -> bool:
        """Note a verified message of an epoch; return whether it is a new epoch of a site known before."""

    def epoch_of(self, site: str) -> str | None:
        """Return the epoch that a site lives in; None where nothing verified has come of it."""

    def all_epochs(self) -> list[tuple[str, str]]:
        """Return each known site, and the epoch that it lives in."""

    def connection(self, site: str) -> tuple[str, int, str]:
        """Return a known site's epoch, and number and status of its last connection."""

    def city_and_epoch(self, site: str) -> tuple[str, str]:
        """Return the city of a known site, and the epoch that it lives in."""

    def body_at(self, site: str, epoch: str, stream: StreamName, seq: int) -> tuple[str, bytes, datetime] | None:
        """Return digest, exact bytes and time of arrival of the report that came first under a number."""

    def keep_state(self, site: str, connection_no: int, status: str, now: datetime) -> None:
        """Store the connection status that a site reports."""

    def revive(self, site: str, epoch: str, now: datetime) -> None:
        """Store that a site whose connection was told as over is connected all the same."""

    def keep_birth(self, site: str, kid: str, confirm: str) -> None:
        """Store which key signed the present connection's birth, and from whom the site accepts confirmation."""

    def next_ack_no(self, site: str, now: datetime) -> int:
        """Return a number above that of every watermark before; it follows the clock, in case the database was lost."""


class Chains(Protocol):
    """Queries and stores how far chains go, when sites were heard, and what is counted of them.

    Within a transaction what was kept is what is read, and all of it is written by its commit.
    """

    def settle(self, key: Key) -> bool:
        """Return whether this transaction has already advanced a chain as far as it goes, and note that it has."""

    def get(self, key: Key) -> Chain:
        """Return how far a chain goes without a hole."""

    def expected(self, key: Key) -> int:
        """Return the highest number that the site is known to have made."""

    def keep(self, key: Key, chain: Chain) -> None:
        """Store how far a chain goes."""

    def expect(self, key: Key, seq: int) -> None:
        """Note that the site has made this report, so that a lost tail is noticed."""

    def hear(self, site: str, at: str, protocol: str) -> None:
        """Note when a verified message of a site came, and in which form; no form: it came then, and waited."""

    def late(self, site: str, at: str) -> None:
        """Note a report behind a newer one, or newly missing reports: a backlog is on its way."""

    def health(self, site: str, epoch: str, at: str, next_due_at: str) -> None:
        """Note the newest health report of an epoch, and when the next one is due by it."""

    def count(self, site: str, name: str) -> None:
        """Count one more of something about a site."""

    def watermark(self, site: str, epoch: str) -> dict[StreamName, Head]:
        """Return how far each stream of an epoch is confirmed, without streams of which nothing is."""


class Refusals(Protocol):
    """Stores what of a site was refused although it had signed it; all within the caller's transaction."""

    def others(self, site: str, epoch: str, digest: str) -> int:
        """Return how many reports of an epoch were refused, without the one of this digest."""

    def keep(self, site: str, epoch: str, one: Rejected, now: datetime) -> None:
        """Store a refused report of an epoch."""

    def newest(self, site: str, epoch: str) -> Rejected | None:
        """Return the report of an epoch that was refused last, until the site gives it up."""

    def drop(self, site: str, gap: Gap) -> None:
        """Drop the refused reports that a gap record names: their site knows."""

    def keep_key(self, site: str, kid: str, reason: str) -> None:
        """Store that a site's key was refused, in the place of the one before."""

    def key(self, site: str) -> RefusedKey | None:
        """Return the refused key of a site."""

    def drop_key(self, site: str) -> None:
        """Drop it: something of the site was verified."""
