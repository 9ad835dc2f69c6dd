"""What gives an operator away at the site itself: each check that sees it, taken out alone."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_SITE: Final = "test_adversary_site.py::"
_OTHER_BOX: Final = "test_another_box_at_the_address_is_told_by_the_agent_and_at_the_hub"
_REMOVED_ZONE: Final = "test_a_removed_zone_ends_the_approval_and_is_missed_at_the_hub"
_TWO_IDS: Final = "test_two_ids_on_one_box_are_told_at_the_hub"
_KEPT: Final = "test_kept_for.py::test_another_box_inherits_no_approval_and_nothing_that_was_seen"
_MEMORY: Final = "test_spot_check.py::test_a_path_that_was_not_looked_at_is_not_answered_from_memory"


def _out(name: str, row: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(name=name, row=row, file=file, text=text, mutated=mutated, test=test)


SEEN: Final = (
    _out(
        "zones-declared-anew",
        "removes a private zone",
        "agent/judge/checks/pictures/drift.py",
        "facts.approvals[name].zones_digest != zones_digest(site, name)",
        "False",
        _SITE + _REMOVED_ZONE,
    ),
    _out(
        "footage-vanished",
        "deletes footage alone",
        "agent/observe/footage/read_days.py",
        "    if lost_s > TOLERANCE_S:\n",
        "    if False:\n",
        "test_footage_changes.py::test_a_whole_day_that_the_recorder_says_is_empty_now_has_vanished",
    ),
    _out(
        "inventory-drift",
        "puts another box at a device's address",
        "agent/observe/inventory/device_identity.py",
        " and not is_same(known[place], seen[place])\n",
        " and False\n",
        _SITE + _OTHER_BOX,
    ),
    _out(
        "camera-moved",
        "points a camera's address at another camera",
        "agent/judge/checks/pictures/view.py",
        "    return Open(APPROVED_VIEW, settled.reason, message, caused_by=cause)\n",
        '    return Held(APPROVED_VIEW, (Ground("view", "", "seen"),))\n',
        _SITE + "test_a_camera_that_is_read_from_the_place_of_another_shows_the_wrong_view",
    ),
    _out(
        "two-ids",
        "points two ids at one camera",
        "agent/observe/inventory/device_identity.py",
        '        found |= dict.fromkeys(subjects, MisplacedBox("duplicate", subjects))\n',
        "        pass\n",
        _SITE + _TWO_IDS,
    ),
    _out(
        "shows",
        "approves a view that shows what is private",
        "agent/onsite/masks_look/look.py",
        '    if "fail" in telling or ',
        "    if ",
        "test_masks_adopt.py::test_what_shows_is_refused_even_by_name",
    ),
    _out(
        "approval-of-another-site",
        "brings approvals from another site",
        "agent/observe/inventory/owners.py",
        "        if theirs == site_id:\n",
        "        if True:\n",
        "test_owners.py::test_a_single_file_of_another_site_is_refused_in_words",
    ),
    _out(
        "approval-of-another-box",
        "puts another box behind what was approved",
        "agent/service/cycle/kept_for.py",
        "    return of_present_boxes(holds, remembered.owners), gone\n",
        "    return holds, gone\n",
        _KEPT,
    ),
    _out(
        "memory-of-another-box",
        "puts another box behind what was approved",
        "agent/service/cycle/kept_for.py",
        "    return replace(without_pictures(remembered, another), inventory=inventory, outages=outages)\n",
        "    return remembered\n",
        _KEPT,
    ),
    _out(
        "payload-changed",
        "changes reports that wait in the spool",
        "agent/service/daemon/read_back.py",
        "        verify(payload, jws, {key.kid: key})\n",
        "        pass\n",
        "test_own_reports_checks.py::test_a_payload_that_somebody_changed_is_not_signed",
    ),
    _out(
        "log-shortened",
        "clears a recorder's log",
        "agent/judge/checks/devices/logs.py",
        "    if oldest - first > SLACK:\n",
        "    if False:\n",
        "test_log_checks.py::test_a_log_that_was_cleared_fails_until_it_is_long_enough_again",
    ),
    _out(
        "own-history-gone",
        "removes the agent's own history",
        "agent/judge/checks/devices/logs.py",
        "    if facts.own_log_from is None and (first",
        "    if False and (first",
        "test_log_checks.py::test_our_own_history_that_was_there_and_is_gone_is_no_young_one",
    ),
    _out(
        "footage-too-short",
        "deletes footage, and the memory of it",
        "agent/judge/checks/footage/retention.py",
        "    if there - oldest >= floor:\n",
        "    if True:\n",
        _SITE + "test_footage_that_is_deleted_together_with_the_memory_of_it_is_short_and_begins_anew",
    ),
    _out(
        "clock-offset",
        "turns a recorder's clock",
        "agent/judge/checks/devices/clock.py",
        "    certain_s = max(0.0, abs(clock.offset_s) - clock.uncertainty_s)\n",
        "    certain_s = 0.0\n",
        _SITE + "test_a_recorder_whose_clock_was_turned_is_told_with_the_next_look",
    ),
    _out(
        "one-address",
        "points two ids at one camera",
        "agent/site/config/devices.py",
        "        if device.host:\n",
        "        if False:\n",
        _SITE + _TWO_IDS,
    ),
    _out(
        "footage-of-the-future",
        "sets a recorder's clock right again",
        "agent/observe/footage/changes.py",
        "    if newest is not None and there is not None and newest > there + FUTURE_SLACK:\n",
        "    if False:\n",
        "test_footage_changes.py::test_footage_of_a_time_to_come_shows_that_the_clock_was_set",
    ),
    _out(
        "looked-from-memory",
        "answers a spot check from memory",
        "agent/observe/remembered/value.py",
        "looked=tuple(one for one in remembered.looked if one.camera_id not in cameras)",
        "looked=remembered.looked",
        _MEMORY,
    ),
    _out(
        "pooled-from-memory",
        "answers a spot check from memory",
        "agent/observe/remembered/value.py",
        "pooled=tuple(one for one in remembered.pooled if one.camera_id not in cameras)",
        "pooled=remembered.pooled",
        "test_spot_check.py::test_verdicts_views_and_marks_of_a_named_camera_are_forgotten_and_what_was_learned_is_not",
    ),
    _out(
        "declaration-withdrawn",
        "withdraws a declaration",
        "agent/judge/checks/papers/declared.py",
        'lines(found, "missing", "expired", "incomplete")',
        "()",
        _SITE + "test_a_declaration_that_is_withdrawn_opens_an_item",
    ),
    _out(
        "still-picture",
        "feeds a still picture",
        "masking/quality/indicators.py",
        '"bad" if seen.change <= limit else "ok"',
        '"ok"',
        "test_masking_quality.py::test_each_fault_is_called_by_its_own_name_and_no_other",
    ),
)
