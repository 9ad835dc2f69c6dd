"""Rows of PostgreSQL take few bytes and give back every text and byte, whatever goes, forks or is odd around them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from portside import BEGIN, DAY, Sender, config, finding, health

from agent.contract.chain import utc_text
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.postgres.store import Store
from agent.verify.message import Claim

KEY: Key = ("S1", "e1", "health")
QUARTER = timedelta(minutes=15)


def varied(seq: int) -> dict[str, object]:
    """Return the body of a health report that says much the same as the one before, and some new numbers."""
    rng = random.Random(seq)
    same = [{"check": f"check-{n}", "subjects": [f"camera:camera-{n}"]} for n in range(40)]
    return {**health(BEGIN + seq * QUARTER), "same": same, "host": {"cpu_ratio": rng.random()}}


def told(store: Store, count: int) -> list[Claim]:
    site = Sender().meet(store)
    made = []
    for seq in range(1, count + 1):
        with store.transaction(["S1"]):
            made.append(site.send(store, "health", seq, varied(seq), BEGIN + seq * QUARTER))
    return made


def assert_exact(store: Store, made: list[Claim], dropped: set[int] = frozenset()) -> None:  # type: ignore[assignment]
    found = {one.digest: (one.jws, one.payload) for one in store.reports.stored(*KEY, 1, 2**53)}
    assert found == {one.digest: (one.jws, b"" if one.seq in dropped else one.payload) for one in made}
    assert [one.prev for one in store.reports.signed_after(0, "S1", 999) if one.stream == "health"] == [
        one.prev
        for one in sorted(made, key=lambda one: store.all("SELECT id FROM report WHERE digest = ?", one.digest))
    ]


def test_a_body_is_stored_as_a_difference_without_the_digest_before_and_comes_back(store: Store) -> None:
    made = told(store, 100)
    forms = store.all("SELECT encode(substr(payload, 1, 1), 'hex'), count(*) FROM report_row GROUP BY 1 ORDER BY 1")
    assert forms == [("01", 2), ("04", 98)], "a whole one for each 96"
    ((largest, prevs),) = store.all(
        "SELECT max(pg_column_size(r.*)), sum(length(prev)) FROM report_row r WHERE seq <> 1"
    )
    assert largest < 1500 and prevs == 0
    assert_exact(store, made)
    assert store.reports.check(None)["altered"] == 0


def test_a_backlog_in_one_batch_is_stored_as_differences_within_it(store: Store) -> None:
    site = Sender().meet(store)
    for seq in range(1, 21):
        site.made["health", seq] = site.claim("health", seq, varied(seq), BEGIN + seq * QUARTER)
    made = list(site.made.values())
    with store.transaction(["S1"]):
        for claim in (*made, *made):
            store.keep_report(claim, False, BEGIN + 40 * DAY)
    assert store.all("SELECT count(*) FROM report_row WHERE substr(payload, 1, 1) = '\\x01'") == [(1,)]
    assert_exact(store, made)
    assert store.reports.check(None) == {**store.reports.check(None), "reports": 20, "altered": 0}


def test_what_is_far_from_its_arrival_or_beyond_31_bits_comes_back_as_it_was(store: Store) -> None:
    site = Sender().meet(store)
    late = site.send(store, "health", 1, varied(1), BEGIN)
    far = site.claim("health", 2**53 - 1, {**varied(2), "heads": {"event": {"seq": 2**40, "digest": "a" * 64}}}, BEGIN)
    with store.transaction():
        store.keep_report(far, False, BEGIN + 400 * DAY)
    assert store.all("SELECT seq, made_at, due_at, event_head, arrived_at FROM report ORDER BY seq") == [
        (1, utc_text(BEGIN), utc_text(BEGIN + QUARTER + timedelta(hours=1)), None, utc_text(BEGIN)),
        (2**53 - 1, utc_text(BEGIN), utc_text(BEGIN + 2 * QUARTER + timedelta(hours=1)), 2**40,
         utc_text(BEGIN + 400 * DAY)),
    ]  # fmt: skip
    assert_exact(store, [late, far])
    assert store.reports.check(None)["altered"] == 0


@pytest.mark.parametrize("jws", ["no JWS", "a" * 2000 + ".." + "b" * 86, "head..b!"])
def test_a_jws_in_another_form_comes_back_as_it_was(store: Store, jws: str) -> None:
    site = Sender().meet(store)
    odd = replace(site.claim("health", 1, varied(1), BEGIN), jws=jws)
    with store.transaction():
        store.keep_report(odd, False, BEGIN)
    assert_exact(store, [odd])
    assert store.reports.check(None)["altered"] == 0


def test_those_that_follow_keep_the_digest_before_when_it_goes_or_another_counts(store: Store) -> None:
    made = told(store, 6)
    fork = Sender(made={("health", 2): made[1]}).claim("health", 3, varied(99), BEGIN, prev=made[1].digest)
    with store.transaction():
        store.keep_report(fork, True, BEGIN + DAY)
        store.count_first(KEY, 3, fork.digest)
    assert_exact(store, [*made, fork])
    assert store.report_at(*KEY, 3) == (fork.digest, made[1].digest)
    assert store.report_at(*KEY, 4) == (made[3].digest, made[2].digest)
    with store.transaction():
        for gone in (made[0], made[4]):
            ((number,),) = store.all("SELECT id FROM report WHERE digest = ?", gone.digest)
            store.expiry.delete_report(number)
    left = [one for one in (*made, fork) if one not in (made[0], made[4])]
    assert_exact(store, left)
    assert store.reports.check(None)["altered"] == 0


def test_a_whole_body_goes_only_once_those_that_differ_from_it_are_whole(store: Store) -> None:
    made = told(store, 6)
    ids = [one.id for one in store.bodies.after(0, 9)]
    with store.transaction():
        assert store.bodies.needed({ids[0], ids[1]}) == {ids[0]}
        store.bodies.drop([ids[0], ids[2]])
    assert_exact(store, made, {1, 3})
    following = Sender(made={("health", 6): made[5]})
    made.append(following.send(store, "health", 7, varied(7), BEGIN + 7 * QUARTER))
    assert_exact(store, made, {1, 3})


def test_configurations_that_say_the_same_are_stored_once_and_go_with_the_last(store: Store) -> None:
    site = Sender().meet(store)
    for seq, cameras in ((1, 2), (2, 2), (3, 3)):
        body = config(finding("camera-online", "camera:c0", "pass"), cameras=cameras)
        site.send(store, "config", seq, body, BEGIN + seq * DAY)
    said = store.all("SELECT config FROM report_row ORDER BY seq")
    assert said[0] == said[1] != said[2]
    ids = [number for (number,) in store.all("SELECT id FROM report_row ORDER BY seq")]
    for number, left in ((ids[0], 2), (ids[1], 1)):
        with store.transaction():
            store.expiry.delete_report(number)
        assert store.all("SELECT count(*) FROM config_said") == [(left,)]
    assert store.reports.check(None)["altered"] == 0


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("payload = overlay(payload placing '\\xff' from 40)", "payload"),
        ("payload = overlay(payload placing '\\xff' from 9)", "payload"),
        ("digest = overlay(digest placing '\\xff' from 3)", "payload"),
        ("signature = overlay(signature placing '\\xff' from 3)", "row"),
        ("arrived_at = arrived_at + 1", "row"),
        ("due_after = due_after + 1", "row"),
        ("event_head = 7", "row"),
        ("prev = digest", "payload"),
        ("seal = ''", "seal"),
        ("seal = overlay(seal placing '\\xff' from 3)", "row"),
    ],
)
def test_a_changed_byte_of_a_row_is_found(store: Store, change: str, what: str) -> None:
    told(store, 3)
    store.run(f"UPDATE report_row SET {change} WHERE seq = 3")  # noqa: S608
    assert [row["what"] for row in store.reports.check(None)["rows"]] == [what]  # type: ignore[index,union-attr]


def test_times_are_those_of_utc_whatever_the_server_s_zone(store: Store) -> None:
    made = told(store, 1)
    store.run("SET TIME ZONE 'Asia/Shanghai'")
    assert store.body_at(*KEY, 1) == (
        made[0].digest,
        made[0].payload,
        datetime.fromisoformat(utc_text(BEGIN + QUARTER)),
    )
