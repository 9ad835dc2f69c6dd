"""Reports are numbered and linked per stream; health goes last and knows the heads of all."""

from __future__ import annotations

import json

import delivery
import pytest

from agent.contract.chain import GENESIS, STREAMS, digest, link
from agent.model.finding import Draft, Head

SITE = delivery.site()


def test_the_payload_is_exactly_the_contract() -> None:
    (report,), _ = link([Draft("event", {"a": 1})], {}, "e1", SITE.origin, delivery.moment())
    assert report.payload == (
        b'{"schema":"vss-report/1","site":"S1","city":"datong","stream":"event","epoch":"e1","seq":1,'
        b'"prev":"' + b"0" * 64 + b'","ts":"2026-11-24T15:04:00.000Z",'
        b'"boot_id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","mono_ms":123456,"clock_synced":true,'
        b'"cfg_digest":"' + b"c" * 64 + b'","body":{"a":1}}'
    )
    assert report.digest == digest(report.payload)


def test_each_stream_has_its_own_chain_from_genesis() -> None:
    drafts = [Draft("health", {"n": 1}), Draft("event", {"n": 2}), Draft("event", {"n": 3})]
    reports, heads = link(drafts, {}, "e1", SITE.origin, delivery.moment())
    assert [(r.stream, r.seq) for r in reports] == [("event", 1), ("event", 2), ("health", 1)]
    first, second, health = (json.loads(r.payload) for r in reports)
    assert first["prev"] == health["prev"] == GENESIS.digest == "0" * 64
    assert second["prev"] == reports[0].digest
    assert heads["event"] == Head(2, reports[1].digest)
    assert heads["config"] == GENESIS


def test_a_chain_goes_on_where_it_was() -> None:
    _, heads = link([Draft("config", {})], {}, "e1", SITE.origin, delivery.moment())
    (report,), after = link([Draft("config", {})], heads, "e1", SITE.origin, delivery.moment())
    assert report.seq == 2
    assert json.loads(report.payload)["prev"] == heads["config"].digest
    assert after["config"].seq == 2


def test_health_is_last_and_carries_every_head_of_its_own_stream_the_one_before() -> None:
    start = {"health": Head(7, "7" * 64), "gap": Head(2, "2" * 64)}
    reports, _ = link([Draft("health", {}), Draft("event", {})], start, "e1", SITE.origin, delivery.moment())
    assert reports[-1].stream == "health"
    heads = json.loads(reports[-1].payload)["body"]["heads"]
    assert set(heads) == set(STREAMS)
    assert heads["event"] == {"seq": 1, "digest": reports[0].digest}
    assert heads["health"] == {"seq": 7, "digest": "7" * 64}
    assert heads["gap"] == {"seq": 2, "digest": "2" * 64}
    assert heads["config"] == {"seq": 0, "digest": "0" * 64}


def test_linking_is_pure() -> None:
    heads = {"event": Head(1, "1" * 64)}
    body = {"a": 1}
    once = link([Draft("health", body)], heads, "e1", SITE.origin, delivery.moment())
    assert once == link([Draft("health", body)], heads, "e1", SITE.origin, delivery.moment())
    assert heads == {"event": Head(1, "1" * 64)}
    assert body == {"a": 1}


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        link([Draft("event", {"a": float("nan")})], {}, "e1", SITE.origin, delivery.moment())


def test_text_stays_readable_utf8() -> None:
    (report,), _ = link([Draft("event", {"name": "门卫室"})], {}, "e1", SITE.origin, delivery.moment())
    assert "门卫室".encode() in report.payload
