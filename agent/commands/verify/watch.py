"""Verifies reports as they arrive: in a watched folder, or on a topic of a broker."""

import argparse
import json
import re
import signal
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.commands.terminal.broker_named import broker_of
from agent.commands.verify.keys import keys_named, sites_of, trusted_keys, wanted_kids
from agent.commands.verify.lines import fault_line, judged_line, ready_line
from agent.contract.envelope import STATE_TYP, flatten, read_header, unflatten
from agent.contract.jwk import PublicKey
from agent.contract.topics import read_topic
from agent.deliver.publish.listen import RawMessage, listen
from agent.model.errors import ConfigurationError, NotVerified, UsageError, os_words
from agent.model.exits import CONFIG, FAILS, OK, UNCHECKED
from agent.model.finding import Json, Message
from agent.text.translate import render
from agent.verify.archive import FILE_MAX_BYTES
from agent.verify.follow import Follow
from agent.verify.judge import HUB_TYPS, Judgement, Trusted, judge, judge_flattened, keys_in
from agent.verify.message import read_message

SCHEMA: Final = "camwarden-verify-line/1"

HELD_MOST: Final = 1000
"""Messages of a `--kid` whose key has not been shown yet that wait for it."""

_LOOK_S = 0.5
_FILES_MOST = 1_000_000
_FILTER = re.compile(r"([^+#\0]*|\+)(/([^+#\0]*|\+))*(/#)?|#")


@dataclass(slots=True)
class LiveResults:
    """The results so far, printed as one line for each fault, or one JSON object."""

    as_json: bool
    lang: str
    counts: Counter[str] = field(default_factory=Counter)
    follow: Follow = field(default_factory=Follow)

    def tell(self, kind: str, text: Message, **more: Json) -> None:
        """Print one line."""
        if self.as_json:
            print(json.dumps({"event": kind, **more}, ensure_ascii=False), flush=True)
        else:
            print(render(text, self.lang), flush=True)

    def take(self, message: Judgement) -> None:
        """Count a message and report its faults, or those between it and earlier ones."""
        self.counts[message.verdict] += 1
        if message.verdict != "verified":
            words: dict[str, Json] = {"name": message.name, "reason": message.reason, "why": str(message.why)}
            self.tell(message.verdict, judged_line(message), **words)
        if message.claim is None:
            return
        for seen in self.follow.take(message.claim):
            self.counts[seen.fault] += 1
            run: dict[str, Json] = {"site": seen.site, "epoch": seen.epoch, "stream": seen.stream}
            run |= {"from_seq": seen.from_seq, "to_seq": seen.to_seq}
            self.tell(seen.fault, fault_line(seen), **run)

    def end(self) -> int:
        """Print the sum and return the exit code. A hole that was filled is none."""
        holes = self.follow.open_holes()
        faults = len(holes) + self.counts["fork"] + self.counts["tamper"]
        names = ("verified", "failed", "unchecked", "unusable")
        numbers: dict[str, Json] = {name: self.counts[name] for name in names}
        numbers |= {"duplicates": self.follow.duplicates, "forks": self.counts["fork"]}
        open_holes: list[Json] = [
            {"site": h.site, "epoch": h.epoch, "stream": h.stream, "from_seq": h.from_seq, "to_seq": h.to_seq}
            for h in holes
        ]
        seen = sum(self.counts[name] for name in names)
        sums = {"verified": self.counts["verified"], "count": seen, "faults": faults}
        text = Message("{verified} of {count} messages verified, {faults} faults between reports", sums)
        if unchecked := self.counts["unchecked"]:
            values = {"text": text, "unchecked": unchecked}
            text = Message("{text}, {unchecked} not judged: give the hub's key too, with --jwks", values)
        self.tell("end", text, schema=SCHEMA, **numbers, tampered=self.counts["tamper"], missing=open_holes)
        if self.counts["failed"] or faults:
            return FAILS
        if self.counts["unusable"] or not seen:
            return CONFIG
        return UNCHECKED if self.counts["unchecked"] else OK


def watch_folders(args: argparse.Namespace) -> int:
    """Verify every flattened JWS in the folders, and those that arrive, until interrupted."""
    for path in args.paths:
        if not path.is_dir():
            raise UsageError("{path}: --follow watches folders; give a folder, or leave --follow away", path=path)
    believed = trusted_keys(args, args.paths)
    watch, stop = LiveResults(args.json, args.lang), until_interrupted()
    known: dict[Path, tuple[int, int, int]] = {}
    ready = False
    while not stop.is_set():
        for path in (found for folder in args.paths for found in sorted(folder.rglob("*.json"))):
            _judge_changed(path, known, believed, watch)
        if not ready:
            so_far = {"verified": watch.counts["verified"]}
            watch.tell("ready", Message("{verified} verified so far; watching for more", so_far), schema=SCHEMA)
            ready = True
        stop.wait(_LOOK_S)
    return watch.end()


def _judge_changed(path: Path, known: dict[Path, tuple[int, int, int]], believed: Trusted, watch: LiveResults) -> None:
    """Judge a new or changed file."""
    try:
        status = path.stat()
        mark = status.st_ino, status.st_size, status.st_mtime_ns
        if known.get(path) == mark or not path.is_file():
            return
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        if path not in known:
            watch.take(
                Judgement(
                    str(path), "unusable", "unreadable", Message("{why}; check the path", {"why": os_words(error)})
                )
            )
        mark, data = (0, 0, 0), b""
    if len(known) >= _FILES_MOST:
        raise ConfigurationError(
            "{folder}: more than {files_most} files; move the old ones away", folder=path.parent, files_most=_FILES_MOST
        )
    known[path] = mark
    if data:
        watch.take(judge_flattened(str(path), data, believed))


def watch_topic(args: argparse.Namespace, stop: threading.Event | None = None) -> int:
    """Verify what passes on a topic: with `--follow` until interrupted, else until nothing comes any more.

    Raises HubUnavailable where the broker cannot be reached or does not let us in.
    """
    if not _FILTER.fullmatch(args.topic) or len(args.topic.encode()) > 65_535:
        raise UsageError("{topic!r} is not an MQTT topic filter; for a site: vss/v1/CITY/SITE/#", topic=args.topic)
    wanted = wanted_kids(args)
    keys = keys_named(args)
    hearing = _TopicJudge(LiveResults(args.json, args.lang), keys, wanted, Trusted(keys, sites_of(args)))
    broker = broker_of(args)

    def ready() -> None:
        words: dict[str, Json] = {"schema": SCHEMA, "topic": args.topic, "host": broker.host, "port": broker.port}
        hearing.watch.tell("ready", ready_line(args.topic, broker.host, broker.port), **words)

    idle_s = None if args.follow else args.idle
    listen(broker, args.topic, stop or until_interrupted(), hearing.take, ready, idle_s)
    for name, payload, jws in hearing.held:
        hearing.watch.take(judge(name, payload, jws, hearing.believed))
    return hearing.watch.end()


@dataclass(slots=True)
class _TopicJudge:
    """Judges the messages of topics. Keys of `--kid` are taken from the births that show them."""

    watch: LiveResults
    keys: dict[str, PublicKey]
    wanted: set[str]
    believed: Trusted
    held: deque[RawMessage] = field(default_factory=deque)

    def take(self, heard: RawMessage) -> None:
        """Judge one message."""
        topic, payload, jws = heard
        try:
            if not jws:
                payload, jws = unflatten(payload)
            header = read_header(jws)
        except NotVerified:
            self.watch.take(
                Judgement(topic, "failed", "unsigned", Message("no JWS, neither as user property nor around it"))
            )
            return
        if header.kid in self.wanted and header.kid not in self.keys:
            if header.typ == STATE_TYP:
                self._learn(payload, jws)
            if header.kid not in self.keys:
                self.held.append((topic, payload, jws))
                if len(self.held) > HELD_MOST:
                    self._judge(*self.held.popleft())
                return
        self._judge(topic, payload, jws)

    def _learn(self, payload: bytes, jws: str) -> None:
        try:
            shown = keys_in(flatten(payload, jws))
        except ValueError:
            return
        self.keys |= {kid: key for kid, key in shown.items() if kid in self.wanted}
        held, self.held = self.held, deque()
        for message in held:
            self.take(message)

    def _judge(self, topic: str, payload: bytes, jws: str) -> None:
        address = read_topic(topic)
        try:
            if address is None:
                raise NotVerified("topic", "not a topic of this contract")
            typ = read_header(jws).typ
            if typ in HUB_TYPS:
                if read_header(jws).kid not in self.keys:
                    why = Message("signed by a hub whose key was not given: give it with --jwks")
                    self.watch.take(Judgement(topic, "unchecked", "unknown-key", why, typ))
                    return
            elif address.kind not in ("cmd-result", "reported"):
                read_message(topic, payload, jws)  # topic and payload must name the same site and kind
        except NotVerified as error:
            self.watch.take(Judgement(topic, "failed", error.reason, error.message))
            return
        judged = judge(topic, payload, jws, self.believed)
        if judged.verdict == "verified" and judged.claim is None and json.loads(payload).get("site") != address.site:
            judged = Judgement(topic, "failed", "site", Message("the payload names another site than the topic"))
        self.watch.take(judged)


def until_interrupted() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; in another thread than the first nothing sets it."""
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    return stop


def wait_until(stop: threading.Event) -> None:
    """Wait for the event.

    Python's first thread acts on a signal, and wakes only by one that it received itself. A machine that shuts down
    stops all processes, asks them to end and lets them go on (systemd 257): then any thread receives it. So the first
    one polls.
    """
    while not stop.wait(_LOOK_S):
        pass
