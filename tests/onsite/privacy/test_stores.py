"""Each store of the table is limited as its row says: what is older is gone, what is younger stays."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from delivery import Maker, moment
from footage_looks import CYCLE
from hubdesk import Desk
from live_site import NOON, Live
from sites import camera
from sites import site as site_of

from agent.contract.watermark import Watermark
from agent.deliver.spool.inbox import leave_flush, take_up
from agent.host.access_register import KEPT as RECORDS_KEPT
from agent.host.access_register import NAME as REGISTER
from agent.host.access_register import note_opening, read_openings
from agent.judge.memory.disputes import Decision, Dispute
from agent.judge.memory.history import read_history
from agent.judge.memory.notes import Plan, read_notes, write_note
from agent.model.finding import Head
from agent.observe.approvals.approvals import approve, read_approvals, write_approval
from agent.observe.approvals.reference_views import PresetView, path_of, write_preset_view
from agent.observe.inventory.owners import Owner, claim
from agent.observe.pictures.derived_views import store_derived
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.onsite.privacy.stores import AT_ONCE, FOLDERS, STORES, Store, stores_of
from agent.service.alerts import outbox_file
from agent.service.alerts.notices import Outbox
from agent.service.cycle.expire import AGED, NAME, expire, expire_own
from agent.site.config.site import Site, Storage
from masking.view.baseline import Descriptor, encode

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
ROWS: Final = {one.name: one for one in STORES}
LATER: Final = 40 * DAY


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of one camera; its folder is marked as its own."""
    made = replace(site_of(camera("gate")), storage=Storage(tmp_path, tmp_path))
    claim(tmp_path, made.id)
    return made


def expire_at(site: Site, at: datetime) -> None:
    expire(site, moment(at))


def write(folder: Path, name: str, at: datetime) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


AGED_FILES: Final = {
    "contact-sheet": "baselines/sheet.html",
    "samples": "samples/box.GetUsers.txt",
    "damaged-spool": "spool.db.corrupt-20261101T000000000000Z-wal",
    "damaged-history": "history.db.damaged",
    "damaged-logins": "credentials.json.damaged",
    "repair-jobs": "jobs/repair.open.json",
    "drill-records": "drills/20261102T040000Z-mask-gate.json",
    "half-written": "baselines/.gate.json.a1b2c3",
}


@pytest.mark.parametrize("row", AGED_FILES)
def test_a_file_of_a_fixed_age_is_removed_when_its_time_is_over_and_not_before(site: Site, row: str) -> None:
    folder, kept = site.storage.directory, ROWS[row].kept
    assert kept is not None and kept in AGED.values()
    path = write(folder, AGED_FILES[row], NOON)
    assert ROWS[row] in stores_of("state", AGED_FILES[row])
    expire_at(site, NOON + kept)
    assert path.exists()
    expire_at(site, NOON + kept + DAY)
    assert not path.exists()


def reference() -> bytes:
    return encode(Descriptor("day", 64, 36, 5, bytes(64 * 36)))


def an_approval(site: Site) -> Path:
    write_approval(site.storage.directory, approve(site, "gone", "Li", NOON, "x", (), (reference(),)))
    return site.storage.directory / "baselines/gone.json"


def a_preset(site: Site) -> Path:
    folder = site.storage.directory
    write_preset_view(folder, PresetView("gone", "1", "Li", NOON, "x", (reference(),), Owner(site.id)))
    return path_of(folder, "gone", "1")


def an_outbox(site: Site) -> Path:
    path = outbox_file.path_of(site.storage.directory, "gone")
    outbox_file.write(path, Outbox())
    return path


def an_index(site: Site) -> Path:
    return write(site.storage.directory, "stores/gone.index", NOON)


UNUSED: Final[dict[str, Callable[[Site], Path]]] = {
    "approvals": an_approval,
    "presets": a_preset,
    "receivers": an_outbox,
    "footage-index": an_index,
}


@pytest.mark.parametrize("row", UNUSED)
def test_what_belongs_to_nothing_in_site_toml_is_removed_a_month_after_that_was_seen(site: Site, row: str) -> None:
    path, kept = UNUSED[row](site), ROWS[row].kept
    assert kept is not None
    write_approval(site.storage.directory, approve(site, "gate", "Li", NOON, "x", None))
    days = kept // DAY
    for day in range(days + 1):
        expire_at(site, NOON + day * DAY)
    assert path.exists()
    expire_at(site, NOON + (days + 1) * DAY)
    assert not path.exists()
    assert set(read_approvals(site.storage.directory, site.id)) == {"gate"}


def test_a_camera_that_comes_back_within_the_month_keeps_its_approval(site: Site) -> None:
    path, back = an_approval(site), replace(site, cameras=(camera("gate"), camera("gone")))
    expire_at(site, NOON)
    expire_at(back, NOON + 20 * DAY)
    expire_at(site, NOON + 40 * DAY)
    assert path.exists(), "the month begins anew"


def test_derived_views_go_with_the_approval_that_proved_them(site: Site) -> None:
    folder = site.storage.directory
    path = write(folder, "baselines/derived/gone.json", NOON)
    store_derived(folder, site.id, (), frozenset())
    assert not path.exists()


def test_notes_go_a_month_after_their_end_without_anybody_writing_another(site: Site) -> None:
    folder, kept = site.storage.directory, ROWS["notes"].kept
    assert kept is not None
    write_note(folder, Plan("site", NOON, NOON + DAY, "Li", NOON, "x", Owner(site.id)), NOON)
    expire_at(site, NOON + DAY + kept)
    assert len(read_notes(folder, site.id)) == 1
    expire_at(site, NOON + DAY + kept + DAY)
    assert read_notes(folder, site.id) == ()


def test_a_dispute_and_its_decision_go_after_a_year(site: Site) -> None:
    folder, kept, owner = site.storage.directory, ROWS["disputes"].kept, Owner(site.id)
    assert kept is not None
    key = "retention-days camera:gate"
    dispute = Dispute(
        key=key, detected_at=NOON - DAY, status="fail", reason="x", by="Li", at=NOON, why="x", owner=owner
    )
    write_note(folder, dispute, NOON)
    about = {"key": key, "dispute": dispute.said.id, "command": "c1"}
    write_note(folder, Decision(**about, outcome="upheld", by="Wang", at=NOON, why="y", owner=owner), NOON)
    expire_at(site, NOON + kept)
    assert len(read_notes(folder, site.id)) == 2
    expire_at(site, NOON + kept + DAY)
    assert read_notes(folder, site.id) == ()


def test_confirmed_reports_go_after_a_day_and_unconfirmed_ones_stay(tmp_path: Path) -> None:
    kept, maker = ROWS["reports"].kept, Maker(tmp_path)
    assert kept is not None
    spool = maker.open()
    made = maker.cycle(spool, NOON)
    heads = {one.report.stream: Head(one.report.seq, one.report.digest) for one in made}
    first = {stream: head for stream, head in heads.items() if stream == "health"}
    assert spool.confirm(Watermark(maker.site.id, spool.epoch, 1, first), NOON) == "confirmed"
    spool.begin(NOON + kept)
    assert spool.counts()["confirmed"] == 1
    spool.begin(NOON + kept + SECOND)
    assert spool.counts()["confirmed"] == 0
    assert spool.counts()["pending"] == len(made) - 1


def test_history_goes_after_three_years(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub") if (tmp_path / "hub").mkdir() is None else None
    assert desk is not None
    live, kept = Live(tmp_path, desk), ROWS["history"].kept
    assert kept is not None
    claim(live.folder, live.site.id)
    for number in range(4):
        live.look(NOON + number * CYCLE, silent=("boxa",))
    known = read_history(live.folder)
    assert known
    expire_at(live.site, known[0].at + kept)
    assert read_history(live.folder) == known
    expire_at(live.site, known[-1].at + kept + DAY)
    assert read_history(live.folder) == []


def test_the_register_goes_after_three_years_line_by_line(site: Site) -> None:
    folder, kept = site.storage.directory, ROWS["register"].kept
    assert kept is not None
    note_opening(folder, "check --report", "pictures", NOON, "a.html")
    note_opening(folder, "filing export", "equipment", NOON + 10 * DAY, "b.zip")
    expire_at(site, NOON + kept)
    assert len(read_openings(folder)) == 2
    expire_at(site, NOON + kept + DAY)
    assert [one.command for one in read_openings(folder)] == ["filing export"]
    assert (folder / REGISTER).stat().st_mode & 0o777 == 0o600


def test_the_picture_before_goes_with_the_next_one_and_is_in_no_file() -> None:
    previous = PreviousPictures()
    previous.keep("gate", reference())
    previous.keep("gate", b"")
    assert previous.all() == {}


def test_the_last_filing_status_and_digest_are_one_file_that_the_next_one_replaces() -> None:
    """Each is written by `write_atomic` alone, to one name: there is never a second one."""
    for row in ("filing", "status", "digest", "orders"):
        assert all("*" not in name for name in ROWS[row].files), row


def test_what_was_carried_here_is_gone_after_the_next_cycle(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    leave_flush(tmp_path / "inbox")
    take_up(maker.open(), tmp_path / "inbox", {}, maker.site.id, NOON)
    assert list((tmp_path / "inbox").iterdir()) == []


def test_a_clock_that_nobody_vouches_for_deletes_nothing(site: Site) -> None:
    path = write(site.storage.directory, AGED_FILES["samples"], NOON)
    unsure = replace(moment(NOON + LATER), clock_synced=False)
    expire(site, unsure)
    assert path.exists()
    expire(replace(site, policy=replace(site.policy, own_clock="trusted")), unsure)
    assert not path.exists()


def test_a_users_own_state_where_no_service_looks_is_expired_by_his_next_command(tmp_path: Path) -> None:
    path = write(tmp_path, AGED_FILES["repair-jobs"], NOON)
    note_opening(tmp_path, "bundle", "support", NOON)
    expire_own(tmp_path, replace(moment(NOON + RECORDS_KEPT + DAY), clock_synced=False))
    assert path.exists() and len(read_openings(tmp_path)) == 1
    expire_own(tmp_path, moment(NOON + RECORDS_KEPT + DAY))
    assert not path.exists() and read_openings(tmp_path) == ()


def test_nothing_is_removed_from_a_folder_that_is_not_marked_as_the_sites(site: Site) -> None:
    folder = site.storage.directory
    path = write(folder, "jobs/mine.json", NOON)
    for marked in ('{"schema": "camwarden-state/1", "site": "other"}', "rubbish"):
        (folder / "site.json").write_text(marked)
        expire_at(site, NOON + 2 * RECORDS_KEPT)
        assert path.exists()


def test_it_is_gone_through_once_a_day_and_again_when_the_clock_went_back(site: Site) -> None:
    folder = site.storage.directory
    expire_at(site, NOON)
    assert json.loads((folder / NAME).read_text())["at"] == NOON.isoformat()
    for at in (NOON + DAY - SECOND, NOON + DAY, NOON - DAY):
        expire_at(site, at)
    assert json.loads((folder / NAME).read_text())["at"] == (NOON - DAY).isoformat()


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "x"}', '{"schema": "camwarden-expiry/1", "at": "1"}'])
def test_a_damaged_state_of_it_begins_the_months_anew(site: Site, text: str) -> None:
    path = an_approval(site)
    (site.storage.directory / NAME).write_text(text)
    expire_at(site, NOON + LATER)
    assert path.exists()
    assert json.loads((site.storage.directory / NAME).read_text())["unused_since"] == {
        "baselines/gone.json": (NOON + LATER).isoformat()
    }


ELSEWHERE: Final = {
    "previous-pictures", "derived-references", "notes", "disputes", "reports", "history", "register", "filing",
    "link-told", "status", "digest", "carried", "hub-reports", "hub-register", "hub-disk", "clock-looks",
    "learned-clocks", "author-names", "hub-names",
}  # fmt: skip
"""Rows whose limit has a test of its own; those of `AGED_FILES` and `UNUSED` have theirs by name."""


def test_each_row_with_a_limit_has_a_test_that_it_is_enforced() -> None:
    limited = {one.name for one in STORES if one.kept is not None}
    assert limited == AGED_FILES.keys() | UNUSED.keys() | ELSEWHERE
    assert len(ROWS) == len(STORES)


def test_a_row_without_a_limit_says_who_ends_it_or_is_about_nobody() -> None:
    def is_said(one: Store) -> bool:
        return one.kept is not None or not one.has_people or one.by in ("person", "system") or one.name == "logins"

    assert [one.name for one in STORES if not is_said(one)] == []
    assert {one.kept for one in STORES if one.kept is not None} >= {AT_ONCE, RECORDS_KEPT}


NAMED: Final = re.compile(r'(?m)^(?:\w+_)?(?:NAME|FOLDER|FILE_NAME)(?:: Final)? = "([^"]+)"')
IN_NO_FOLDER: Final = (
    {
        "camwarden-site": "the folder that `start` makes, with site.toml",
        "manifest.json": "in an archive",
        "state.json": "in a batch that a person carries",
        "enroll-token": "written for a person, to hand it over",
        "camwarden.report-key": "a credential of systemd",
        "name-differs": "a reason",
        "state": "the state folder of a site that `start` makes",
        "report.html": "a paper that `start` writes",
    }
    | dict.fromkeys(("127.0.0.1", "[127.0.0.1]"), "an address")
    | dict.fromkeys(("ca.crt", "enroll.db", "ca.crl", "desk.json"), "below enroll/")
    | dict.fromkeys(("checkpoint", "witness-key.pem"), "of a witness, on its own machine; the first in a mirror, too")
)
"""Names that are of no file in one of the folders, or of one in a folder that has a row as a whole."""


def test_each_name_that_the_code_gives_a_file_or_folder_has_a_row() -> None:
    names = {
        name
        for path in sorted(Path("agent").rglob("*.py"))
        if "demo" not in path.parts
        for name in NAMED.findall(path.read_text("utf-8"))
        if re.fullmatch(r"[a-z0-9.\[][a-z0-9./\[\]-]+", name)
    }
    assert len(names) > 30
    there = {one for one in names for folder in FOLDERS if stores_of(folder, one) or stores_of(folder, f"{one}/x.json")}
    inside = {one for one in names if any(pattern.startswith(f"{one}/") for row in STORES for pattern in row.files)}
    assert names - there - inside == names & IN_NO_FOLDER.keys()


def test_a_pattern_names_files_of_its_own_folder_alone() -> None:
    assert [one.name for one in stores_of("state", "baselines/gate.json")] == ["approvals"]
    assert [one.name for one in stores_of("state", "baselines/presets/a.json")] == ["presets"]
    assert stores_of("hub", "baselines/gate.json") == stores_of("state", "secret-pictures/gate.jpg") == ()
