"""The deletion of what was held for long enough: each limit taken out, and what keeps a clock from deleting."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_GONE: Final = "looks for what should long be gone"
_CLOCK: Final = "puts the clock forward, to have"
_HUB: Final = "(who may read the hub's disk) looks for reports"
_STORES: Final = "test_stores.py::"
_EXPIRE: Final = "agent/service/cycle/expire.py"
_NOTES: Final = "agent/judge/memory/notes.py"
_AGED: Final = f"{_STORES}test_a_file_of_a_fixed_age_is_removed_when_its_time_is_over_and_not_before"
_UNUSED: Final = f"{_STORES}test_what_belongs_to_nothing_in_site_toml_is_removed_a_month_after_that_was_seen"


def _kept(name: str, file: str, text: str, mutated: str, test: str, row: str = _GONE) -> Mutant:
    return Mutant(name=f"kept-{name}", row=row, file=file, text=text, mutated=mutated, test=test)


PRIVACY: Final = (
    _kept("aged", _EXPIRE, "        remove_aged(folder, now)\n", "", f"{_AGED}[contact-sheet]"),
    _kept("sheet", _EXPIRE, '    "baselines/sheet.html": MONTH,\n', "", f"{_AGED}[contact-sheet]"),
    _kept("samples", _EXPIRE, '    "samples/*.txt": MONTH,\n', "", f"{_AGED}[samples]"),
    _kept("spool-set-aside", _EXPIRE, '    "spool.db.corrupt-*": MONTH,\n', "", f"{_AGED}[damaged-spool]"),
    _kept("history-set-aside", _EXPIRE, '    "history.db.damaged*": MONTH,\n', "", f"{_AGED}[damaged-history]"),
    _kept("logins-set-aside", _EXPIRE, '    "credentials.json.damaged": MONTH,\n', "", f"{_AGED}[damaged-logins]"),
    _kept("jobs", _EXPIRE, '    "jobs/*.json": RECORDS_KEPT,\n', "", f"{_AGED}[repair-jobs]"),
    _kept("drills", _EXPIRE, '    "drills/*.json": RECORDS_KEPT,\n', "", f"{_AGED}[drill-records]"),
    _kept("half-written", _EXPIRE, '    "*/.*.json.*": DAY,\n', "", f"{_AGED}[half-written]"),
    _kept(
        "approvals",
        _EXPIRE,
        '        f"{APPROVALS}/*.json": {f"{name}.json" for name in cameras},\n',
        "",
        f"{_UNUSED}[approvals]",
    ),
    _kept(
        "presets", _EXPIRE, "for one in views if name not in cameras]", "for one in () if views]", f"{_UNUSED}[presets]"
    ),
    _kept(
        "receivers",
        _EXPIRE,
        '        "notify/*.json": {f"{one.name}.json" for one in site.notify},\n',
        "",
        f"{_UNUSED}[receivers]",
    ),
    _kept(
        "index",
        _EXPIRE,
        '        "stores/*.index": {f"{one.id}.index" for one in site.stores},\n',
        "",
        f"{_UNUSED}[footage-index]",
    ),
    _kept("unused", _EXPIRE, "            (folder / name).unlink(missing_ok=True)\n", "", f"{_UNUSED}[approvals]"),
    _kept(
        "derived",
        "agent/observe/pictures/derived_views.py",
        "                path.unlink(missing_ok=True)\n",
        "                pass\n",
        f"{_STORES}test_derived_views_go_with_the_approval_that_proved_them",
    ),
    _kept(
        "notes",
        _EXPIRE,
        "        expire_notes(folder, site.id, now)\n",
        "",
        f"{_STORES}test_notes_go_a_month_after_their_end_without_anybody_writing_another",
    ),
    _kept(
        "disputes",
        _NOTES,
        "        return now - note.at > KEPT_FOR\n",
        "        return False\n",
        f"{_STORES}test_a_dispute_and_its_decision_go_after_a_year",
    ),
    _kept(
        "reports",
        "agent/deliver/spool/confirm.py",
        "ms_of(now - CONFIRMED_KEPT)",
        "ms_of(now - 9 * CONFIRMED_KEPT)",
        f"{_STORES}test_confirmed_reports_go_after_a_day_and_unconfirmed_ones_stay",
    ),
    _kept(
        "history",
        _EXPIRE,
        "        expire_history(site.storage, now)\n",
        "",
        f"{_STORES}test_history_goes_after_three_years",
    ),
    _kept(
        "register",
        _EXPIRE,
        "        expire_openings(folder, now)\n",
        "",
        f"{_STORES}test_the_register_goes_after_three_years_line_by_line",
    ),
    _kept(
        "users-own",
        _EXPIRE,
        "        remove_aged(folder, moment.at)\n",
        "",
        f"{_STORES}test_a_users_own_state_where_no_service_looks_is_expired_by_his_next_command",
    ),
    _kept(
        "of-another-site",
        _EXPIRE,
        " or site_of_folder(folder) != site.id:\n",
        ":\n",
        f"{_STORES}test_nothing_is_removed_from_a_folder_that_is_not_marked_as_the_sites",
    ),
    _kept(
        "by-any-clock",
        _EXPIRE,
        '    if not (moment.clock_synced or site.policy.own_clock == "trusted"):\n',
        "    if False:\n",
        f"{_STORES}test_a_clock_that_nobody_vouches_for_deletes_nothing",
        _CLOCK,
    ),
    _kept(
        "at-the-hub",
        "agent/hub/workers/expire.py",
        "if one.arrived_at < limit and one.is_spare]",
        "if False]",
        "test_hub_expire.py::test_the_hub_deletes_reports_after_its_limit_but_the_newest_of_each_stream",
        _HUB,
    ),
    _kept(
        "newest-at-the-hub",
        "agent/hub/workers/expire.py",
        "if one.arrived_at < limit and one.is_spare]",
        "if one.arrived_at < limit]",
        "test_hub_expire.py::test_of_a_site_that_fell_silent_the_newest_of_each_stream_stays",
        _HUB,
    ),
    _kept(
        "by-the-hubs-clock",
        "agent/hub/workers/expire.py",
        "    return min(now, newest) if newest is not None else None\n",
        "    return now\n",
        "test_hub_expire.py::test_a_hub_whose_clock_was_put_forward_deletes_nothing",
        _HUB,
    ),
)
