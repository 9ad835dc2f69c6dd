"""Adds to the sites of `city_told` what people and days leave behind: words, orders, a dispute, holds, figures."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from city_told import COMPANY, NOW, city
from hooked import hook

from agent.contract.chain import utc_text
from agent.contract.disputes import Disputed
from agent.contract.orders import Command
from agent.hub.domain.figures import METRICS
from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.domain.rows.keeping import Hold
from agent.hub.domain.rows.webhooks import Delivery, Progress
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores import trust
from agent.hub.stores.dispute_columns import insert
from agent.hub.stores.enroll import EnrollStore
from agent.hub.stores.keeping.holds import keep_hold
from agent.hub.stores.orders.commands import keep_command
from agent.hub.stores.store import Store
from agent.hub.stores.words import keep

DAY = date(2026, 11, 26)
"""A day of which two sites reported figures."""

ASSIGNED = ("S1", "camera-online", "camera:gate")


def worked_city(directory: Path) -> Path:
    """Fill a hub's folder; days of figures begin before the first word of a site, as after a change of the hub."""
    city(directory)
    trust.add(directory, "S1", "k" * 43, NOW)
    trust.add(directory, "NEVER", "n" * 43, NOW)
    with closing(Store(directory)) as store:
        site, check, subject = ASSIGNED
        place = {"site": site, "check": check, "subject": subject, "said_by": "Li"}
        keep(store, Word(**place, kind="assigned", at=utc_text(NOW), assignee="Zhao", until="2026-11-26", text="mend"))
        keep(store, Word(**place, kind="acknowledged", at=utc_text(NOW), until="2099-12-31", text="scaffold"))
        keep(store, Word(**place, kind="comment", at=utc_text(NOW), text="the mast is rusty"))
        keep_hold(
            store,
            Hold(
                number=0, site="S2", from_at=utc_text(NOW - timedelta(days=2)), to_at=utc_text(NOW), kind="person",
                held_by="Li", why="a complaint", at=utc_text(NOW), until="2099-12-31",
            ),
        )  # fmt: skip
        with store.transaction():
            _tell(store)
        _notify(store)
    _enroll(directory)
    return directory


def _notify(store: Store) -> None:
    """Store an endpoint of another system for each way in which one can answer."""
    at = utc_text(NOW)
    for name, progress in {
        "new": Progress(),
        "tickets": Progress(delivered=12_345, last_at=at, last_status=204),
        "night-watch": Progress(failing_since=at, tries=3, next_at=at, last_at=at, last_why="Connection refused"),
        "gone": Progress(stopped_at=at, failing_since=at, last_at=at, last_status=410, given_up=7),
    }.items():
        bound = Scope(maintainers=(COMPANY,)) if name == "night-watch" else EVERYTHING
        store.webhooks.keep(hook(name, f"https://{name}.a-long-name-of-a-host.city.example/SECRET", scope=bound))
        store.webhooks.keep_progress(name, progress)
    store.webhooks.keep(hook("off", disabled_at=at))
    store.webhooks.queue(Delivery(hook="night-watch", no=1, id="evt_1", body=b"{}", made_at=at))


def _tell(store: Store) -> None:
    site, check, subject = ASSIGNED
    detected_at = NOW - timedelta(days=20)
    said = Disputed(
        check=check, subject=subject, status="fail", reason="unreachable", detected_at=detected_at, repaired_at=None,
        by="Wang", at=detected_at, why="it was switched off",
    )  # fmt: skip
    insert(store.run, site, said, detected_at)
    for number, status in enumerate(("", "answered", "refused")):
        at = NOW + timedelta(minutes=number)
        command = Command(f"{number:032x}", site if number else "F3", "report-now", at, at + timedelta(hours=1))
        keep_command(store, command, b"{}", "h..s")
        store.run("UPDATE command SET status = ?, sent_at = ? WHERE id = ?", status, utc_text(at), command.id)
    upgrade = store.upgrades.begin("0.9.1", "operator", "Datong East", timedelta(hours=24))
    store.upgrades.begin_wave(upgrade, 1, ["S1", "S2", "F3"], dict.fromkeys(("S1", "S2", "F3"), (False, 0)), NOW)
    store.upgrades.mark_named(upgrade, "S1", 1, NOW)
    store.upgrades.mark_tried(upgrade, "S1", True)
    store.upgrades.mark_refused(upgrade, "F3", "not-allowed")
    store.upgrades.mark_runs(upgrade, "S2", NOW)
    store.upgrades.keep_state(upgrade, "stopped")
    store.upgrades.keep_verdict(upgrade, "not-taken", (1, 3, 0, 1))
    store.upgrades.keep_word(upgrade, "ordered", "Li", "a fault in 0.9.0", NOW)
    store.upgrades.keep_word(upgrade, "stopped", "", "not-taken", NOW)
    for of, division in (("S1", "140202"), ("S2", "140202"), ("F3", "149999")):
        _history(store, of, NOW - timedelta(days=3))
        for day in (DAY, DAY + timedelta(days=1)):
            figures = {name: [80, 96, 4, 2] for name in METRICS}
            told = json.dumps({division: figures})
            for by in ("division", "maintainer", "model"):
                store.run(
                    "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, 'e1', 1, ?)",
                    *(by, day.isoformat(), of, told),
                )


def _history(store: Store, site: str, from_at: datetime) -> None:
    for hours in (1, 2):
        store.run(
            "INSERT INTO finding_history (site, check_id, subject, status, reason, from_at, to_at)"
            " VALUES (?, ?, ?, 'fail', 'unreachable', ?, ?)",
            *(site, *ASSIGNED[1:], utc_text(from_at + timedelta(hours=8 * hours))),
            utc_text(from_at + timedelta(hours=9 * hours)),
        )


def _enroll(directory: Path) -> None:
    """Make the desk's database, without an authority: what it lists needs none."""
    folder = directory / "enroll"
    folder.mkdir()
    later = utc_text(NOW + timedelta(days=400))
    with closing(EnrollStore(folder)) as desk, desk.changing():
        desk.keep_token(TokenRow("a" * 64, "S1", utc_text(NOW), later))
        desk.keep_token(TokenRow("b" * 64, "S2", utc_text(NOW - timedelta(days=9)), utc_text(NOW)))
        desk.keep_certificate(CertificateRow("0a", "S1", "t" * 64, "k" * 43, "", utc_text(NOW), later), "a" * 64)
