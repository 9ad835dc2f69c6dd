"""Endpoints, what happened and what waits are stored once, in order, with the report that caused it or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hooked import hook
from portside import BEGIN, HOUR, Opens, Sender, config, finding

from agent.contract.chain import utc_text
from agent.hub.domain.rows.webhooks import Delivery, Happening, LateRepair, Progress, Waiting
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import Scope, SitePlace
from agent.hub.ports.store import Store

ONLINE = "camera-online"
GATE = finding(ONLINE, "camera:c0", "fail")


def told(store: Store) -> list[tuple[str, object, object, object]]:
    return [
        (one.kind, one.told.get("subject"), one.told.get("before"), one.told.get("status"))
        for one in store.webhooks.happened(99)
    ]


def changed(status: str) -> dict[str, object]:
    """Return the body of an event about the camera c0."""
    return {"check": ONLINE, "subject": "camera:c0", "finding": {**GATE, "status": status}}


def test_a_store_without_an_endpoint_notes_nothing(store: Store) -> None:
    assert store.webhooks.listed() == []
    Sender().meet(store).send(store, "config", 1, config(GATE), BEGIN)
    store.webhooks.keep(hook())
    assert store.webhooks.happened(9) == []


def test_an_endpoint_comes_back_as_it_was_kept_and_its_progress_stays_when_it_is_changed(
    opens: Opens, store: Store
) -> None:
    one = hook(
        "b", secret_before="old", before_until="2026-11-02T00:00:00.000Z", scope=Scope(("14",), ("x",), ("y", "z"))
    )
    store.webhooks.keep(one)
    store.webhooks.keep(hook("a"))
    progress = Progress(tries=3, failing_since=utc_text(BEGIN), last_status=500, delivered=4)
    assert store.webhooks.progress("b") == Progress()
    store.webhooks.keep_progress("b", progress)
    store.webhooks.keep(replace(one, disabled_at=utc_text(BEGIN)))
    other = opens(read_only=True)
    assert [found.name for found in other.webhooks.listed()] == ["a", "b"]
    assert other.webhooks.listed()[1] == replace(one, disabled_at=utc_text(BEGIN))
    assert other.webhooks.progress("b") == progress
    assert repr(one).count(one.secret) == repr(one).count(one.url) == 0
    store.webhooks.remove("b")
    assert [found.name for found in other.webhooks.listed()] == ["a"]


def test_a_report_that_changes_findings_is_noted_with_them_and_not_without(store: Store) -> None:
    store.webhooks.keep(hook())
    site = Sender().meet(store)
    other = finding(ONLINE, "camera:c1", "warn")
    site.send(store, "config", 1, config(GATE, other), BEGIN)
    assert told(store) == [("finding.failed", "camera:c0", "over", "fail")], "a warning is no fail"
    site.send(store, "config", 2, config(GATE, other), BEGIN + HOUR)
    assert len(told(store)) == 1, "nothing changed"
    with pytest.raises(ZeroDivisionError), store.transaction():
        claim = site.claim("config", 3, config(), BEGIN + 2 * HOUR)
        store.keep_current(claim)
        1 / 0  # noqa: B018
    assert len(told(store)) == 1, "the report was not taken, so nothing happened"


def test_an_episode_is_told_from_its_first_fail_to_its_end(store: Store) -> None:
    store.webhooks.keep(hook())
    site = Sender().meet(store)
    site.send(store, "config", 1, config(finding(ONLINE, "camera:c0", "unknown")), BEGIN)
    site.send(store, "event", 1, changed("pass"), BEGIN + HOUR)
    assert told(store) == [], "it never failed"
    for seq, status in enumerate(
        ("warn", "fail", "unknown", "warn", "fail", "unknown", "pass", "warn", "pass"), start=2
    ):
        site.send(store, "event", seq, changed(status), BEGIN + seq * HOUR)
    assert [one[0] for one in told(store)] == [
        "finding.failed", "finding.changed", "finding.changed", "finding.failed", "finding.changed", "finding.ended",
    ]  # fmt: skip
    assert told(store)[-1] == ("finding.ended", "camera:c0", "unknown", "over")
    ids = [one.id for one in store.webhooks.happened(99)]
    assert len(set(ids)) == len(ids)


def test_a_clock_that_stands_still_makes_no_two_changes_one(store: Store) -> None:
    store.webhooks.keep(hook())
    site = Sender().meet(store)
    site.send(store, "config", 1, config(), BEGIN)
    for seq, status in enumerate(("fail", "pass", "fail"), start=1):
        site.send(store, "event", seq, changed(status), BEGIN)
    assert [one[0] for one in told(store)] == ["finding.failed", "finding.ended", "finding.failed"]


def test_whose_it_was_is_stored_also_of_what_is_over(store: Store) -> None:
    store.webhooks.keep(hook())
    site = Sender().meet(store)
    site.send(store, "config", 1, config(GATE), BEGIN)
    at = utc_text(BEGIN)
    store.words.keep_operator("S1", "School 4", "Li", BEGIN)
    store.words.keep(
        Word(
            site="S1", check=ONLINE, subject="camera:c0", kind="assigned", said_by="Li", at=at, assignee="Wang",
            until="2026-11-30",
        )
    )  # fmt: skip
    site.send(store, "config", 2, config(), BEGIN + HOUR)
    failed, ended = store.webhooks.happened(9)
    assert failed.place == SitePlace(("140200",), "", ("Anfang Ltd",))
    assert ended.place == SitePlace(("140200",), "School 4", ("Anfang Ltd", "Wang"))
    assert (ended.kind, ended.told["maintainer"], ended.told["division"]) == ("finding.ended", "Anfang Ltd", "140200")


def test_nothing_is_noted_for_endpoints_that_are_disabled_or_stopped(store: Store) -> None:
    one = hook()
    store.webhooks.keep(replace(one, disabled_at=utc_text(BEGIN)))
    site = Sender().meet(store)
    site.send(store, "config", 1, config(GATE), BEGIN)
    store.webhooks.keep(one)
    store.webhooks.keep_progress(one.name, Progress(stopped_at=utc_text(BEGIN)))
    site.send(store, "event", 1, changed("pass"), BEGIN + HOUR)
    assert told(store) == []
    store.webhooks.keep(hook("other"))
    site.send(store, "event", 2, changed("fail"), BEGIN + 2 * HOUR)
    assert len(told(store)) == 1


def test_what_happened_is_noted_once_and_forgotten_up_to_a_number(store: Store) -> None:
    store.webhooks.keep(hook())
    for id in ("a", "b", "a", "c"):
        store.webhooks.note(
            Happening(id=id, kind="site.silent", at=utc_text(BEGIN), place=SitePlace(("14",)), told={"site": "大"})
        )
    first, second = store.webhooks.happened(2)
    assert (first.id, second.id, first.told) == ("a", "b", {"site": "大"})
    store.webhooks.forget(second.no)
    assert [one.id for one in store.webhooks.happened(9)] == ["c"]


def test_messages_wait_in_order_until_they_are_due_and_go_with_their_endpoint(store: Store) -> None:
    for name in ("a", "b"):
        store.webhooks.keep(hook(name))
        assert [store.webhooks.next_number(name) for _ in range(3)] == [1, 2, 3]
    assert store.webhooks.waiting("a") == Waiting(0, "")
    made = [
        Delivery(hook="a", no=no, id=f"evt_{no}", body=b'{"\xff": 1}', made_at=utc_text(BEGIN + no * HOUR))
        for no in (1, 2, 3)
    ]
    for one in made:
        store.webhooks.queue(one)
    store.webhooks.queue(replace(made[0], hook="b"))
    assert store.webhooks.waiting("a") == Waiting(3, made[0].made_at)
    assert store.webhooks.due("a", BEGIN) == made[0]
    later = replace(made[0], tries=1, next_at=utc_text(BEGIN + HOUR))
    store.webhooks.queue(later)
    assert store.webhooks.due("a", BEGIN) == made[1], "one that waits lets the next one by"
    assert store.webhooks.due("a", BEGIN + HOUR) == later
    assert store.webhooks.oldest("a", 1) == [2, 1] and store.webhooks.oldest("a", 3) == []
    store.webhooks.drop("a", 2)
    assert store.webhooks.waiting("a").count == 2
    store.webhooks.remove("a")
    assert store.webhooks.due("a", BEGIN + HOUR) is None
    assert store.webhooks.due("b", BEGIN) == replace(made[0], hook="b")


def test_states_are_those_of_the_last_look_and_none_before_the_first(store: Store) -> None:
    store.webhooks.keep(hook())
    assert store.webhooks.states() is None
    store.webhooks.keep_states({}, ())
    assert store.webhooks.states() == {}
    store.webhooks.keep_states({"silent S1": "a", "silent S2": "b"}, ())
    store.webhooks.keep_states({"silent S3": "c"}, ["silent S1"])
    assert store.webhooks.states() == {"silent S2": "b", "silent S3": "c"}
    store.webhooks.forget_states()
    assert store.webhooks.states() is None


def test_late_is_what_was_assigned_for_a_day_before_and_is_open_still(store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "config", 1, config(GATE, finding(ONLINE, "camera:c1", "warn")), BEGIN)
    for subject, due in (("camera:c0", "2026-11-03"), ("camera:c1", "2026-11-05")):
        store.words.keep(
            Word(
                site="S1", check=ONLINE, subject=subject, kind="assigned", said_by="Li", at=utc_text(BEGIN),
                assignee="Wang", until=due,
            )
        )  # fmt: skip
    place = SitePlace(("140200",), "", ("Anfang Ltd", "Wang"))
    assert store.webhooks.late_repairs("2026-11-03") == []
    late = LateRepair("S1", ONLINE, "camera:c0", "Wang", "2026-11-03", place)
    assert store.webhooks.late_repairs("2026-11-04") == [late]
    site.send(store, "config", 2, config(), BEGIN + timedelta(days=2))
    assert store.webhooks.late_repairs("2026-11-09") == []
