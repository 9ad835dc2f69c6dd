"""What a transaction remembers changes nothing: messages of one are stored as the same ones in a transaction each."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, config, event, finding, health
from delivery import Maker
from hubdesk import Desk, trusted
from postgres import PostgresServer

from agent.contract.envelope import STATE_TYP, sign_payload
from agent.contract.presence import write_state
from agent.contract.topics import topic
from agent.hub.stores import trust
from agent.hub.stores.keeping import bodies, expiry, payloads
from agent.hub.stores.postgres.store import Store as PostgresStore
from agent.hub.workers.answers import write_ack
from agent.model.finding import Draft, Envelope
from agent.site.config.site import Hub

Step = Callable[[Desk, datetime], object]
"""Hands something in that comes at a time."""

TABLES = (
    "report", "body", "body_base", "chain", "site", "epoch", "count", "refused", "refused_key", "log_held", "assessed",
    "site_now", "finding_now", "finding_history", "finding", "telling_finding", "gap", "waiting", "key",
)  # fmt: skip
SHARED = {
    **dict.fromkeys(("chain", "count", "refused", "refused_key", "log_held", "site_now", "gap"), "*"),
    "report": "id, site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, made_at, clock_synced, due_at,"
    " event_head, seal",
    "epoch": "site, epoch, first_at, connection_no, verdict", "finding_now": "*", "finding_history": "*",
    "assessed": "by_what, day, site, epoch, seq, told", "key": "kid, site",
    "waiting": "site, kid, digest, jws, payload",
    "telling_finding JOIN finding ON id = finding_id": "report_id, digest, subjects, status, message, evidence",
}  # fmt: skip
"""Tables that two engines have, and columns that they fill alike: numbers of rows may have holes in them."""


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site("S1", hub=Hub("127.0.0.1")))


def of_report(one: Envelope) -> Step:
    where = topic("datong", "S1", one.report.stream)
    return lambda desk, now: desk.intake.take(where, one.report.payload, one.jws, now)


def of_state(maker: Maker, number: int, status: str) -> Step:
    payload = write_state(maker.presence("e1", number), status, at(number))
    jws = sign_payload(payload, maker.signer, STATE_TYP)
    return lambda desk, now: desk.intake.take(topic("datong", "S1", "state"), payload, jws, now)


def revoked(maker: Maker, then: Step) -> Step:
    """Revoke the key, hand something in, and trust the key again."""

    def run(desk: Desk, now: datetime) -> None:
        desk.intake.trust = trust.revoke(desk.directory, maker.signer.kid, now)
        then(desk, now)
        desk.intake.trust = trust.add(desk.directory, "S1", maker.signer.kid, now)

    return run


def steps_of(maker: Maker, rng: random.Random, most: int) -> list[Step]:
    """Return a day of a site at its worst: reports that are late, twice or forked, goodbyes, and a refused key."""
    day, made, steps = Day(maker), list[Envelope](), list[Step]()
    for hour in range(most):
        before = dict(day.heads)
        more = {"host": {"cpu_ratio": rng.random(), "text": rng.randbytes(900).hex()}, "log_size": rng.randrange(9)}
        drafts = [Draft("health", {**health(at(hour)).body, **more})]
        if rng.random() < 0.2:
            statuses = rng.choices(("pass", "fail", "unknown"), k=5)
            drafts.append(config(*(finding(f"camera:c{n}", status) for n, status in enumerate(statuses))))
        if rng.random() < 0.3:
            drafts.append(event(f"camera:c{rng.randrange(5)}", "pass", rng.choice(("fail", "pass"))))
        now = list(day.report(at(hour), *drafts))
        if rng.random() < 0.1:
            day.heads = before
            now += day.report(at(hour + 0.1), health(at(hour + 0.2)))
        made += now
        steps += [of_report(one) for one in now]
        if rng.random() < 0.2:
            steps.append(of_state(maker, 1 + hour // 10, rng.choice(("ready", "lost", "disconnected"))))
        if rng.random() < 0.2:
            steps.append(of_report(rng.choice(made)))
        if rng.random() < 0.1:
            steps.append(revoked(maker, of_report(rng.choice(made))))
    for _ in range(most // 2):  # some come late
        place = rng.randrange(len(steps) - 3)
        steps.insert(place + 3, steps.pop(place))
    return steps


def run(desk: Desk, steps: list[Step], at_once: int) -> None:
    for start in range(0, len(steps), at_once):
        with desk.store.transaction(["S1"] if at_once > 1 else ()):
            for place, step in enumerate(steps[start : start + at_once], start):
                step(desk, at(place))
            desk.intake.settle()
            for site, epoch in sorted(desk.intake.dirty):
                write_ack(desk.store, desk.signer, site, epoch, at(start))
            desk.intake.dirty.clear()


def tables(desk: Desk, of: Mapping[str, str]) -> dict[str, list[object]]:
    found = {name: desk.store.all(f"SELECT {what} FROM {name} ORDER BY 1, 2") for name, what in of.items()}  # noqa: S608
    columns = "site, epoch, status, state_at, arrived_at, health_at, next_due_at, backlog_at, kid, confirm, protocol"
    return {**found, "site": desk.store.all(f"SELECT {columns} FROM site")}  # noqa: S608


@pytest.mark.parametrize("at_once", [3, 40, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_a_batch_leaves_what_its_messages_leave_one_by_one(
    tmp_path: Path, maker: Maker, seed: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "HELD_BYTES", 5_000)
    steps = steps_of(maker, random.Random(seed), 60)
    alone, together = Desk(tmp_path / "alone"), Desk(tmp_path / "together")
    for desk, most in ((alone, 1), (together, at_once)):
        trusted(desk, maker)
        run(desk, steps, most)
    everything = {name: "*" for name in TABLES if name != "site"}
    kept = tables(alone, everything)
    assert len(kept["report"]) > 70 and len(kept["finding_now"]) > 0
    assert tables(together, everything) == kept
    for (payload,) in together.store.all("SELECT payload FROM report"):
        assert payloads.exact(together.store, payload).startswith(b"{")
    for desk in (alone, together):
        desk.store.close()


@pytest.mark.parametrize("at_once", [1, 7, 1000])
@pytest.mark.parametrize("seed", range(2))
def test_a_batch_leaves_the_same_in_another_engine(
    tmp_path: Path, maker: Maker, postgres: PostgresServer, seed: int, at_once: int
) -> None:
    """What is read ahead and written at the end changes nothing, and neither does who stores it."""
    steps = steps_of(maker, random.Random(seed), 60)
    postgres.place(tmp_path / "together")
    alone, together = Desk(tmp_path / "alone"), Desk(tmp_path / "together", PostgresStore)
    with closing(alone.store), closing(together.store):
        for desk, most in ((alone, 1), (together, at_once)):
            trusted(desk, maker)
            run(desk, steps, most)
        kept, found = tables(alone, SHARED), tables(together, SHARED)
    differing = {
        name: (rows, found[name])
        for name, rows in kept.items()
        if sorted(rows, key=repr) != sorted(found[name], key=repr)
    }
    assert differing == {}


def test_a_goodbye_between_two_health_reports_of_a_batch_is_taken_back(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (first,), (second,) = (day := Day(maker)).report(at(0), health(at(0))), day.report(at(1), health(at(1)))
    run(desk, [of_report(first), of_state(maker, 1, "lost"), of_report(second)], 3)
    assert desk.status()["state"]["status"] == "ready"  # type: ignore[index,call-overload]
    run(desk, [of_report(first), of_state(maker, 1, "lost")], 2)
    assert desk.status()["state"]["status"] == "lost"  # type: ignore[index,call-overload]


def test_a_key_that_is_refused_between_two_reports_of_a_batch_is_refused_no_more(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    (first,), (second,), (third,) = ((day := Day(maker)).report(at(0), health(at(0))),
                                     day.report(at(1), health(at(1))), day.report(at(2), health(at(2))))  # fmt: skip
    refused = revoked(maker, of_report(second))
    run(desk, [of_report(first), refused], 2)
    assert desk.store.all("SELECT reason FROM refused_key") == [("revoked-key",)]
    run(desk, [of_report(first), refused, of_report(third)], 3)
    assert desk.store.all("SELECT reason FROM refused_key") == []


def test_a_report_that_is_deleted_within_a_transaction_is_followed_by_none(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    made = [one for hour in range(3) for one in day.report(at(hour), health(at(hour)))]
    with desk.store.transaction():
        for one in made[:2]:
            of_report(one)(desk, at(3))
        ((number,),) = desk.store.all("SELECT id FROM report WHERE stream = 'health' AND seq = 2")
        expiry.delete_report(desk.store, number)
        of_report(made[2])(desk, at(3))
        of_report(made[1])(desk, at(3))
    found = desk.store.all("SELECT seq, prev FROM report WHERE stream = 'health' ORDER BY seq")
    assert found == [(one.report.seq, json.loads(one.report.payload)["prev"]) for one in made]


def test_a_body_that_is_dropped_within_a_transaction_is_the_base_of_none(desk: Desk, maker: Maker) -> None:
    trusted(desk, maker)
    day = Day(maker)
    first, second, third = (one for hour in range(3) for one in day.report(at(hour), health(at(hour))))
    with desk.store.transaction():
        for one in (first, second):
            of_report(one)(desk, at(3))
        ((number,),) = desk.store.all("SELECT id FROM report WHERE stream = 'health' AND seq = 1")
        bodies.drop(desk.store, [number])
        of_report(third)(desk, at(3))
    rows = desk.store.all("SELECT seq, payload FROM report WHERE stream = 'health' ORDER BY seq")
    read = [payloads.exact(desk.store, payload) for _, payload in rows]
    assert read == [b"", second.report.payload, third.report.payload]
