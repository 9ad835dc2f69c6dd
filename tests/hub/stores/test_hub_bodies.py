"""Bodies are stored as differences and come back byte for byte, whatever was dropped, lost or altered around them."""

from __future__ import annotations

import random
import sqlite3
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from backports import zstd
from caseside import Day, at, config, event, finding, health
from delivery import Maker
from hostile_bodies import AT, put_good
from hubdesk import Desk, trusted

from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.hub.stores import evidence, schema
from agent.hub.stores.keeping import bodies
from agent.hub.stores.keeping.encoded import DEFLATED, DIFFERENCE, WHOLE, base_of, decoded, difference, whole
from agent.hub.stores.keeping.payloads import WHOLE_EACH, exact
from agent.hub.stores.store import NAME, Store
from agent.model.finding import Draft, Envelope


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Day:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    return Day(maker)


def told(day: Day, hours: int) -> list[Envelope]:
    """Have a site report with values that change: health each hour, a configuration each day, now and then an event."""
    rng = random.Random(7)
    for hour in range(hours):
        body = {**health(at(hour)).body, "host": {"cpu_ratio": rng.random(), "disk_free_bytes": rng.randrange(10**12)}}
        drafts = [Draft("health", body)]
        if hour % 24 == 0:
            drafts.append(config(*(finding(f"camera:c{n}", "pass") for n in range(9))))
        if hour % 5 == 0:
            drafts.append(event("camera:c0", "pass", "fail"))
        day.report(at(hour), *drafts)
    return day.made


def stored(store: Store) -> dict[tuple[str, int], bytes]:
    return {(stream, seq): payload for stream, seq, payload in store.all("SELECT stream, seq, payload FROM report")}


def assert_exact(store: Store, made: list[Envelope]) -> None:
    found = stored(store)
    for one in made:
        assert exact(store, found[one.report.stream, one.report.seq]) == one.report.payload
    assert evidence.check(store, None)["altered"] == 0


@pytest.mark.parametrize("order", ["as made", "backwards", "mixed"])
def test_every_body_comes_back_byte_for_byte_in_whatever_order_it_came(desk: Desk, day: Day, order: str) -> None:
    made = told(day, 2 * WHOLE_EACH + 3)
    came = {"as made": made, "backwards": made[::-1], "mixed": random.Random(1).sample(made, len(made))}[order]
    for one in came:
        assert desk.send(one)["event"] == "verified"
    assert_exact(desk.store, made)
    found = stored(desk.store)
    whole_ones = [key for key, payload in found.items() if payload[:1] == WHOLE]
    assert 3 <= sum(stream == "health" for stream, _ in whole_ones) <= (3 if order != "mixed" else 99)
    small = sum(len(payload) for (stream, _), payload in found.items() if stream == "health")
    plain = sum(len(one.report.payload) for one in made if one.report.stream == "health")
    assert order == "mixed" or small < plain / 5


def test_a_fork_and_a_body_unlike_the_one_before_come_back_too(desk: Desk, day: Day) -> None:
    rng = random.Random(3)
    (first,) = day.report(at(0), health(at(0)))
    before = dict(day.heads)
    (second,) = day.report(at(1), Draft("health", {**health(at(1)).body, "x": rng.randbytes(3000).hex()}))
    (third,) = day.report(at(2), Draft("health", {**health(at(2)).body, "x": rng.randbytes(3000).hex()}))
    day.heads = before
    (fork,) = day.report(at(3), health(at(3)))
    for one in (first, second, third, fork):
        desk.send(one)
    rows = desk.store.all("SELECT digest, payload FROM report ORDER BY id")
    assert [exact(desk.store, payload) for _, payload in rows] == [
        one.report.payload for one in (first, second, third, fork)
    ]
    assert [payload[:1] for _, payload in rows[:3]] == [WHOLE] * 3


def test_what_differs_from_a_dropped_body_is_made_whole_first(desk: Desk, day: Day) -> None:
    made = told(day, 30)
    for one in made:
        desk.send(one)
    (base,) = desk.store.all("SELECT id FROM report WHERE stream = 'health' AND seq = 1")[0]
    with desk.store.transaction():
        bodies.drop(desk.store, [base])
    kept = [one for one in made if (one.report.stream, one.report.seq) != ("health", 1)]
    found = stored(desk.store)
    assert found["health", 1] == b"" and all(found["health", seq][:1] == WHOLE for seq in range(2, 31))
    for one in kept:
        assert exact(desk.store, found[one.report.stream, one.report.seq]) == one.report.payload
    (more,) = day.report(at(40), health(at(40)))
    desk.send(more)
    assert stored(desk.store)["health", 31][:1] == WHOLE, "there is nothing that it could differ from"


def test_an_altered_whole_body_is_told_with_all_that_differ_from_it(desk: Desk, day: Day) -> None:
    for one in told(day, 4):
        desk.send(one)
    base = "(SELECT id FROM report WHERE stream = 'health' AND seq = 1)"
    desk.store.run(f"UPDATE body SET payload = ? WHERE id = {base}", whole(b'{"a": 1}'))  # noqa: S608
    rows = evidence.check(desk.store, None)["rows"]
    assert [(one["seq"], one["what"]) for one in rows] == [(n, "payload") for n in (1, 2, 3, 4)]  # type: ignore[index,union-attr,call-overload]


def test_what_was_written_to_harm_a_reader_stays_as_it_is() -> None:
    """No memory for what inflates beyond a report, no end without an end, nothing behind it, no circle."""
    packer = zlib.compressobj(wbits=-15)
    bomb = WHOLE + packer.compress(b"x" * (100 * PAYLOAD_MAX_BYTES)) + packer.flush()
    good = whole(b'{"a": 1}')
    for form in (DEFLATED, DIFFERENCE):
        circle = form + (5).to_bytes(8) + good[1:]
        for one in (bomb, good[:-1], good + b"x", WHOLE, form, form + b"\x00", circle, b"", b"[" * 9):
            assert decoded(one, lambda _, circle=circle: circle) == one  # type: ignore[misc]
            assert decoded(one, lambda _: b"") in (one, b'{"a": 1}')
    assert decoded(whole(b"y" * PAYLOAD_MAX_BYTES), lambda _: b"") == b"y" * PAYLOAD_MAX_BYTES


def test_a_difference_that_was_written_to_harm_a_reader_stays_as_it_is() -> None:
    """Nothing beyond a report, no window larger than two of them, no end without an end, nothing behind it."""
    base = b'{"a": 1}' * 9
    head, prefix = DIFFERENCE + (7).to_bytes(8), zstd.ZstdDict(base, is_raw=True).as_prefix
    bomb = zstd.compress(b"x" * (100 * PAYLOAD_MAX_BYTES), 1, zstd_dict=prefix)
    packer = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27}, zstd_dict=prefix)
    wide = packer.compress(b"y" * 99) + packer.flush()
    good = difference(b'{"a": 2}' * 9, 7, base)
    skipped = b"\x50\x2a\x4d\x18\x01\x00\x00\x00z"
    for one in (head + bomb, head + wide, good[:-1], good + b"x", good + good[9:], head, head + skipped + good[9:]):
        assert decoded(one, lambda _: base) in (one, b""), "neither fits a digest"
    assert decoded(good, lambda _: base) == b'{"a": 2}' * 9
    assert decoded(good, lambda _: base[:-1]) != b'{"a": 2}' * 9


def test_a_difference_that_an_earlier_hub_deflated_is_read() -> None:
    base, payload = b'{"host": {"cpu": 1}, "at": 1}' * 900, b'{"host": {"cpu": 1}, "at": 2}' * 900
    found = DEFLATED + (7).to_bytes(8)
    for start in range(0, len(payload), 12_288):
        first = min(max(0, start - 10_000), max(0, len(base) - 12_288))
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, zdict=base[first : start + 22_288])
        found += packer.compress(payload[start : start + 12_288]) + packer.flush()
    assert base_of(found) == 7
    assert decoded(found, lambda _: whole(base)) == payload


@pytest.mark.parametrize("size", [0, 1, 100, 12_281, 12_288, 24_569, 32_768, 200_000, 1_000_000])
def test_a_difference_to_a_body_of_any_size_is_exact_and_small(size: int) -> None:
    rng = random.Random(size)
    base = rng.randbytes(size) or b"{}"
    payload = base[: size // 2] + b"changed" + base[size // 2 :]
    found = difference(payload, 7, base)
    assert base_of(found) == 7 and len(found) < 200 + size / 50
    assert decoded(found, lambda number: whole(base) if number == 7 else b"") == payload
    assert decoded(found, lambda number: base) == payload, "a body from before is its own bytes"


@pytest.mark.parametrize("version", range(8, schema.VERSION))
def test_a_database_of_an_earlier_version_keeps_its_reports_and_stores_new_ones_as_differences(
    tmp_path: Path, version: int
) -> None:
    db = sqlite3.connect(tmp_path / NAME)
    for step in schema._STEPS[:version]:
        for statement in step.split(";"):
            db.execute(statement)
    put_good(db, "S1", AT)
    plain = db.execute("SELECT id, payload FROM report ORDER BY id").fetchall()
    db.execute(f"PRAGMA user_version={version}")
    db.commit()
    db.close()
    store = Store(tmp_path)
    assert (
        plain
        and [(number, exact(store, body)) for number, body in store.all("SELECT id, payload FROM report")] == plain
    )
    assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
    columns = {name: store.all(f"PRAGMA table_info('{name}')") for (name,) in store.all(_TABLES)}
    store.close()
    (tmp_path / "new").mkdir()
    new = Store(tmp_path / "new")
    assert {name: new.all(f"PRAGMA table_info('{name}')") for (name,) in new.all(_TABLES)} == columns
    new.close()
    desk, maker = Desk(tmp_path), Maker(tmp_path / "site")
    trusted(desk, maker, "e9")
    made = told(Day(maker, "e9"), 5)
    for one in made:
        desk.send(one, at=at(0) + timedelta(days=9))
    kept = desk.store.all("SELECT payload FROM report WHERE epoch = 'e9' AND stream = 'health' ORDER BY seq")
    assert [exact(desk.store, body) for (body,) in kept] == [
        one.report.payload for one in made if one.report.stream == "health"
    ]
    assert [body[:1] for (body,) in kept] == [WHOLE, *[DIFFERENCE] * 4]
    desk.store.close()


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
