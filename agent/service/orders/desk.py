"""Verifies the orders of a hub between two cycles, carries them out, stores and answers them.

    received (publisher's thread) -> decided (daemon's thread) -> refused, or done at once   sent
                                                              -> waits for the next cycle    answered, sent

`agent/service/orders/decide.py` decides which command is carried out, `agent/service/orders/desired_policy.py` which
policy. `orders.json` stores what waits and what was answered: a stopped daemon answers after its restart, and a command
that comes again gets the same result. It is written after the reports are committed: a crash in between costs one more
look.

An order that no pinned hub has signed for this site is counted and not answered.
"""

import logging
import queue
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.contract.envelope import REPORTED_TYP, RESULT_TYP, sign_payload
from agent.contract.orders import ORDER_MAX_BYTES, Command, Order, Refused, Reported, ReportRef, Result
from agent.contract.orders_json import read_command, write_reported, write_result
from agent.contract.signing_keys import KeyUnavailable, PublicKey, Signer
from agent.contract.topics import Kind
from agent.deliver.publish.messages import Message, signed_message
from agent.deliver.spool.spool import Spool
from agent.host.files import write_atomic
from agent.host.paths import UPGRADE_OUTCOME
from agent.judge.checks.table import CHECKS
from agent.judge.memory.disputes import Contested
from agent.judge.memory.hub_words import decision_of
from agent.judge.memory.notes import contested_of, read_notes, write_note
from agent.judge.memory.transitions import Transition
from agent.model.errors import AgentError, NotVerified, SpoolFailed, os_words
from agent.model.finding import Envelope, Json, Moment
from agent.observe.inventory.owners import Owner
from agent.report.spot_check import HubRequests
from agent.service.orders import decide, desired_policy, wanted_version
from agent.service.orders.desired_policy import InForce, PolicyRefused, StoredPolicy
from agent.site.config.site import Site
from agent.site.duties.agent_version import wanted
from agent.version import VERSION

log = logging.getLogger("camwarden.orders")

FILE_NAME: Final = "orders.json"
FILE_MODE: Final = 0o600
FILE_MAX_BYTES: Final = 16 * 1024 * 1024
HEARD_AT_MOST: Final = 256
"""Orders that may lie on the desk while a cycle runs; the hub asks again for what was not answered."""

_CHECKS: Final = frozenset(check.id for check in CHECKS)


class OrderDesk:
    """Receives and answers orders. `hear` from any thread; everything else from the daemon's.

    `say` sends a message to the hub and may be replaced; `rung` is called on the thread that hears something.
    """

    def __init__(
        self,
        site: Site,
        spool: Spool,
        signer: Signer,
        hub_keys: Mapping[str, PublicKey],
        say: Callable[[Message], None] = lambda message: None,
        rung: Callable[[], None] = lambda: None,
    ) -> None:
        self.say = say
        self._signer, self._rung = signer, rung
        self._wanted: str | None = None
        self._id, self._city = site.id, site.city
        self._spool, self._hub_keys = spool, hub_keys
        self._orders, self._desired = (site.storage.directory / name for name in (FILE_NAME, desired_policy.FILE_NAME))
        self._inbox: queue.Queue[Order] = queue.Queue(HEARD_AT_MOST)
        self._ignored: Counter[str] = Counter()
        self._waiting: dict[str, tuple[Command, Order]] = {}
        self._book, left = _read_book(self._orders)
        for order in left:
            self._put(order)
        self._kept, self._tampered = self._read_kept()
        self._in_the_way = bool(self._tampered)
        self._refused: Refused | None = None
        self._reported: tuple[Reported, int] | None = None

    def hear(self, order: Order) -> None:
        """Queue an order; never blocks."""
        if len(order.payload) > ORDER_MAX_BYTES:
            self._ignored["too-large"] += 1
            return
        self._put(order)
        self._rung()

    @property
    def waits(self) -> bool:
        """Whether a command waits for a cycle."""
        return bool(self._waiting)

    def ignored(self) -> dict[str, Json]:
        """Count the orders that did not verify or found no room, by reason, since the start of this process."""
        return dict(sorted(self._ignored.items()))

    def take(self, site: Site, moment: Moment, connects: int) -> None:
        """Decide and answer every queued order.

        Args:
            site: As its own file describes it.
            moment: Now.
            connects: How many connections there were: each new one reports the policy in force to the hub.

        Raises SpoolFailed where the disk refuses. The order is queued again; those decided before it are answered.
        """
        answers: dict[str, decide.Answered] = {}
        book, waiting = self._book, len(self._waiting)
        try:
            self._decide(answers, site, moment)
        finally:
            if self._book is not book or len(self._waiting) != waiting:
                self._write()
            self._say_results(answers.values())
        self._report(site, moment, connects)

    def _decide(self, answers: dict[str, decide.Answered], site: Site, moment: Moment) -> None:
        for _ in range(self._inbox.qsize()):
            order = self._inbox.get_nowait()
            try:
                if order.kind == "desired":
                    self._take_policy(order, site, moment)
                elif answered := self._take_command(order, site, moment):
                    answers[answered.id] = answered
            except NotVerified as error:
                self._ignore(order, error)
            except SpoolFailed:
                self._put(order)
                raise

    def _put(self, order: Order) -> None:
        try:
            self._inbox.put_nowait(order)
        except queue.Full:
            self._ignored["too-many"] += 1

    def in_force(self, site: Site, moment: Moment) -> InForce:
        """Return the site as it is judged now: its own file, under the hub's policy where one counts."""
        return desired_policy.in_force(site, self._kept, moment.at if _clock_trusted(site, moment) else None)

    def asked(self, standing: InForce) -> HubRequests:
        """Return what is requested of the next cycle."""
        told = (Transition(desired_policy.tampered(self._tampered), None),) if self._tampered else ()
        return HubRequests(tuple(command for command, _ in self._waiting.values()), standing.digest, told)

    def answer(self, asked: HubRequests, envelopes: tuple[Envelope, ...], moment: Moment) -> None:
        """Answer a cycle's commands with the reports that it committed."""
        self._set_aside()
        self._tampered = ""
        reports = {envelope.report.stream: envelope.report for envelope in envelopes}
        answers = []
        for command in asked.commands:
            report = reports["health" if command.name == "report-now" else "config"]
            self._waiting.pop(command.id, None)
            done = replace(
                self._result(command), report=ReportRef(report.epoch, report.stream, report.seq, report.digest)
            )
            answers.append(self._remember(command, done, moment))
        if answers:
            self._write()
        self._say_results(answers)

    def close(self) -> None:
        """Store the queued commands of a pinned hub for the next start, and no others."""
        left: dict[str, Order] = {}
        while not self._inbox.empty():
            order = self._inbox.get_nowait()
            if order.kind == "cmd":
                try:
                    left[read_command(order, self._hub_keys, self._id).id] = order
                except NotVerified as error:
                    self._ignore(order, error)
        if left:
            self._write(left.values())

    def _take_command(self, order: Order, site: Site, moment: Moment) -> decide.Answered | None:
        """Decide one command, and carry out what needs no cycle; return the answer, if there is one yet."""
        command = read_command(order, self._hub_keys, self._id)
        if answered := self._book.find(command.id):
            return answered
        if command.id in self._waiting:
            return None
        cameras = frozenset(camera.camera.id for camera in site.cameras)
        trusted = _clock_trusted(site, moment)
        known = self._contested(site) if command.decided else ()
        here = decide.CommandContext(cameras, _CHECKS, self._spool.epoch, moment.at, trusted, known)
        waiting = [one for one, _ in self._waiting.values()]
        if reason := decide.refusal(command, self._book, waiting, here):
            log.warning("%s of the hub refused: %s", command.name, reason)
            return self._remember(command, replace(self._result(command), status="refused", reason=reason), moment)
        if command.decided is not None:
            return self._decided(command, order, site, moment)
        if command.resend is None:
            self._waiting[command.id] = (command, order)
            return None
        resent = self._spool.resend(command.resend)
        log.info("the hub asked for %d reports again", resent.count)
        done = replace(self._result(command), resent=resent.count, missing=resent.missing[: decide.MISSING_AT_MOST])
        return self._remember(command, done, moment)

    def _contested(self, site: Site) -> tuple[Contested, ...]:
        return contested_of(read_notes(site.storage.directory, site.id), site.id, self._hub_keys)

    def _decided(self, command: Command, order: Order, site: Site, moment: Moment) -> decide.Answered | None:
        """Put the hub's decision beside its finding; where the disk refuses it, nothing is answered: it comes again."""
        note = decision_of(command, order, Owner(site.id))
        if note is None:
            return None
        try:
            write_note(site.storage.directory, note, moment.at)
        except AgentError as error:
            log.error("the hub's decision on %s cannot be kept: %s", note.key, error)
            return None
        log.info("the hub has decided on %s: %s", note.key, note.outcome)
        return self._remember(command, self._result(command), moment)

    def _take_policy(self, order: Order, site: Site, moment: Moment) -> None:
        now = moment.at if _clock_trusted(site, moment) else None
        try:
            taken = desired_policy.accept_document(order, self._kept, site, self._hub_keys, now)
            if taken is not self._kept:
                self._set_aside()
                desired_policy.store(self._desired, taken)
                log.info("policy version %d of the hub is taken", taken.desired.version)
                self._kept, self._refused = taken, None
        except PolicyRefused as error:
            self._refuse(error.refused)
        except NotVerified as error:
            if error.reason not in desired_policy.FROM_A_HUB:
                raise
            self._refuse(Refused(0, "other-site" if error.reason == "site" else "not-valid", str(error)))
        except OSError as error:
            self._refuse(Refused(0, "not-kept", f"{self._desired.name} cannot be written: {error.strerror}"))

    def _refuse(self, refused: Refused) -> None:
        if refused != self._refused:
            log.warning("policy of the hub refused: %s: %s", refused.reason, refused.why)
        self._refused = refused

    def _ignore(self, order: Order, error: NotVerified) -> None:
        self._ignored[error.reason] += 1
        if self._ignored[error.reason] == 1:
            log.warning("%s was not believed (%s); more of this kind are only counted", order.kind, error)

    def _result(self, command: Command) -> Result:
        return Result(command.id, self._id, self._city, self._spool.epoch, command.name, "done")

    def _remember(self, command: Command, result: Result, moment: Moment) -> decide.Answered:
        payload = write_result(result, moment.at).decode()
        answered = decide.Answered(command.id, command.name, result.status == "done", moment.at, payload)
        self._book = decide.remember(self._book, answered)
        return answered

    def _say_results(self, answers: Iterable[decide.Answered]) -> None:
        for answered in answers:
            self._send("cmd-result", answered.payload.encode(), RESULT_TYP, answered.id)

    def _report(self, site: Site, moment: Moment, connects: int) -> None:
        """Report the policy in force, where that or the connection is new."""
        standing = self.in_force(site, moment)
        failed = self._want(site, standing)
        reported = Reported(
            self._id, self._city, self._spool.epoch, standing.version, standing.policy, site.digest,
            self._refused or standing.refused or failed,
        )  # fmt: skip
        if connects and (reported, connects) != self._reported:
            payload = write_reported(reported, moment.at)
            if self._send("reported", payload, REPORTED_TYP):
                self._reported = (reported, connects)

    def _want(self, site: Site, standing: InForce) -> Refused | None:
        """Leave for root which version is to be installed, and return why it could not be."""
        version = wanted(site.upgrade.allow, standing.policy, VERSION)
        if version != self._wanted:
            try:
                wanted_version.write_wanted(site.storage.directory, version)
            except OSError as error:
                why = f"{wanted_version.FILE_NAME} cannot be written: {os_words(error)}"
                return Refused(standing.version, "not-kept", why)
            self._wanted = version
            if version:
                log.info("version %s is wanted by the hub: root's camwarden-upgrade.timer installs it", version)
        why = wanted_version.failure_of(UPGRADE_OUTCOME, version) if version else ""
        return Refused(standing.version, "upgrade-failed", why) if why else None

    def _send(self, kind: Kind, payload: bytes, typ: str, command_id: str = "") -> bool:
        try:
            jws = sign_payload(payload, self._signer, typ)
        except KeyUnavailable as error:
            log.error("the hub is not answered: %s", error)
            return False
        to = Site(self._id, self._city, "")
        self.say(signed_message(to, kind, payload, jws, command_id, retain=kind == "reported"))
        return True

    def _write(self, left: Iterable[Order] = ()) -> None:
        waiting = [*(order for _, order in self._waiting.values()), *left]
        try:
            write_atomic(self._orders, decide.to_json(self._book, waiting).encode(), FILE_MODE)
        except OSError as error:
            log.error("%s cannot be written: %s; a command may be answered twice", self._orders, error.strerror)

    def _read_kept(self) -> tuple[StoredPolicy | None, str]:
        try:
            return desired_policy.read_stored(self._desired, self._hub_keys, self._id), ""
        except NotVerified as error:
            log.error("%s: %s; the site's own policy is in force", self._desired, error)
            return None, error.reason

    def _set_aside(self) -> None:
        """Set a tampered document aside for an investigation."""
        if not self._in_the_way:
            return
        self._in_the_way = False
        try:
            self._desired.replace(self._desired.with_suffix(".refused"))
        except OSError as error:
            log.error("%s cannot be set aside: %s", self._desired, error.strerror)


def _clock_trusted(site: Site, moment: Moment) -> bool:
    return moment.clock_synced or site.policy.own_clock == "trusted"


def _read_book(path: Path) -> tuple[decide.CommandLog, tuple[Order, ...]]:
    """Return the stored commands; a file that cannot be read is dropped: the hub sends waiting commands again."""
    try:
        with path.open("rb") as file:
            return decide.from_json(file.read(FILE_MAX_BYTES).decode())
    except FileNotFoundError:
        return decide.CommandLog(), ()
    except (OSError, ValueError) as error:
        log.error("%s: %s; begun anew", path, error)
        return decide.CommandLog(), ()
