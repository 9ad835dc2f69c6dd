"""What gives an operator away at the hub: the comparison of two reports, and the chains, each taken out."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_SITE: Final = "test_adversary_site.py::"
_HUB: Final = "test_adversary_hub.py::"
_IDENTITY: Final = "test_fault_identity.py::"
_RESTORED: Final = "test_a_spool_restored_from_yesterdays_backup_begins_a_new_epoch_and_names_what_it_gives_up"
_OTHER_BOX: Final = "test_another_box_at_the_address_is_told_by_the_agent_and_at_the_hub"
_REMOVED_ZONE: Final = "test_a_removed_zone_ends_the_approval_and_is_missed_at_the_hub"
_TWO_IDS: Final = "test_two_ids_on_one_box_are_told_at_the_hub"
_BY_HAND: Final = "test_an_approval_that_is_written_by_hand_hides_no_bare_picture"
_CLOCK: Final = "test_a_site_that_turns_its_clock_is_held_against_the_time_of_arrival"
_SILENT: Final = "test_hub_silent.py::test_a_site_is_late_half_a_period_after_it_was_due_and_wedged_after_two_more"


def _untold(name: str, row: str, compare: str, test: str) -> Mutant:
    """Leave one comparison out of what the hub lays side by side."""
    return Mutant(name=name, row=row, file="agent/hub/views/changes.py", text=f" {compare},", mutated="", test=test)


def _out(name: str, row: str, file: str, text: str, mutated: str, test: str) -> Mutant:
    return Mutant(name=name, row=row, file=file, text=text, mutated=mutated, test=test)


_DRILLED: Final = (
    _out(
        "drill-without-end",
        "hides a fault behind a drill",
        "agent/judge/memory/drills.py",
        ", self.start_at + MOST)",
        ")",
        "test_drills.py::test_it_ends_by_itself_and_after_thirty_minutes_whatever_its_note_says",
    ),
)

_COMPARED: Final = (
    _untold(
        "cameras-fewer",
        "drops a camera from site.toml",
        "_fewer_cameras",
        _SITE + "test_a_dropped_camera_leaves_every_finding_good_and_is_missed_at_the_hub",
    ),
    _untold(
        "threshold-loosened",
        "widens a threshold",
        "_loosened",
        _SITE + "test_a_widened_threshold_passes_a_wrong_clock_and_is_missed_at_the_hub",
    ),
    _untold("zones-fewer", "removes a private zone", "_fewer_zones", _SITE + _REMOVED_ZONE),
    _untold(
        "configuration-edited",
        "edits site.toml in any other way",
        "_config_edited",
        _SITE + "test_who_only_edits_a_comment_is_told_by_the_digest_of_the_configuration",
    ),
    _untold(
        "index-restarted-state",
        "deletes state files",
        "_index_restarted",
        _SITE + "test_deleted_state_makes_the_site_know_nothing_and_begin_anew",
    ),
    _untold(
        "index-restarted-footage",
        "deletes footage, and the memory of it",
        "_index_restarted",
        _SITE + "test_footage_that_is_deleted_together_with_the_memory_of_it_is_short_and_begins_anew",
    ),
    _untold("device-replaced", "puts another box at a device's address", "_other_boxes", _SITE + _OTHER_BOX),
    _untold(
        "camera-elsewhere",
        "reads a camera from another channel",
        "_elsewhere",
        _HUB + "test_a_camera_read_from_another_channel_is_asked_about",
    ),
    _untold("one-box-as-several", "points two ids at one camera", "_one_box", _SITE + _TWO_IDS),
    _untold("masks-approved-anew", "writes an approval into the file", "_approved_anew", _SITE + _BY_HAND),
    _untold("approver-new", "writes an approval into the file", "_new_approvers", _SITE + _BY_HAND),
    _untold("clock-back", "turns the clock", "_clock_back", _HUB + _CLOCK),
    _untold(
        "declaration-backdated",
        "dates a declaration back",
        "_backdated",
        _HUB + "test_a_declaration_dated_before_a_report_that_missed_it_is_told",
    ),
    _untold(
        "rules-edited",
        "edits a shipped rule pack",
        "_rules_edited",
        _HUB + "test_an_edited_rule_pack_of_the_same_version_is_told_and_a_new_version_is_not",
    ),
)

_CHAINED: Final = (
    _out(
        "spool-restored",
        "replays an old spool",
        "agent/deliver/spool/confirm.py",
        '                database.set_meta(restored=f"{stream}:{head.seq} of epoch {mark.epoch}")\n',
        "                pass\n",
        _IDENTITY + _RESTORED,
    ),
    _out(
        "spool-given-up",
        "replays an old spool",
        "agent/deliver/spool/capacity.py",
        '    evict(database, seal, unconfirmed, "spool-restored", now)\n',
        "",
        _IDENTITY + _RESTORED,
    ),
    _out(
        "fork",
        "runs a copy of the gateway beside it",
        "agent/hub/workers/intake.py",
        "        if stored:\n",
        "        if False:\n",
        "test_hub_forks.py::test_however_two_chains_interleave_the_one_that_came_first_is_confirmed_to_its_end",
    ),
    _out(
        "two-lives",
        "runs a copy of the gateway beside it",
        "agent/hub/workers/chains/epochs.py",
        "    if not store.epochs.raise_connection(site, claim.epoch, claim.seq) or claim.epoch == current:\n",
        "    if True:\n",
        "test_hub_forks.py::"
        "test_a_copy_that_goes_on_beside_its_original_is_told_with_its_next_connection_and_once_for_each",
    ),
    _out(
        "new-key",
        "begins with a new key",
        "agent/verify/bindings.py",
        '            return "unknown-key"\n',
        '            return "trusted"\n',
        _IDENTITY + "test_a_replaced_key_file_is_not_believed_until_somebody_vouches_for_it",
    ),
    _out(
        "old-key",
        "keeps an old key to sign with later",
        "agent/hub/workers/chains/rotation.py",
        "        if limit.allows(claim.epoch, claim.stream, claim.seq) or claim.digest in store.digests_at(claim):\n",
        "        if True:\n",
        "test_hub_rotation.py::test_the_old_key_is_taken_at_its_heads_in_any_order_and_not_beyond",
    ),
    _out(
        "rewritten",
        "sends again, or rewrites",
        "agent/verify/message.py",
        "            if report[1] != position.digest:\n",
        "            if False:\n",
        "test_hub.py::test_a_report_that_does_not_continue_the_one_before_is_tamper_and_stops_the_watermark",
    ),
    _out(
        "missing-numbers",
        "drops single reports on their way",
        "agent/hub/workers/intake.py",
        "                self._store.chains.expect(key, head.seq)\n",
        "",
        "test_hub.py::test_a_lost_tail_shows_from_the_heads_in_birth_and_health",
    ),
    _out(
        "late",
        "blocks reports, all of them",
        "agent/hub/views/silent.py",
        "    if now <= due + max(period / 2, TOLERANCE_LEAST):\n",
        "    if now <= due + max(2 * period, TOLERANCE_LEAST):\n",
        _SILENT,
    ),
    _out(
        "wedged",
        "blocks reports, all of them",
        "agent/hub/views/silent.py",
        '    if row.status == "ready" and now > due + 2 * period:\n',
        "    if False:\n",
        _SILENT,
    ),
    _out(
        "time-of-arrival",
        "turns the clock",
        "agent/hub/stores/reading/queries.py",
        "ORDER BY arrived_at DESC, id DESC LIMIT 1",
        "ORDER BY made_at DESC, id DESC LIMIT 1",
        _HUB + _CLOCK,
    ),
    _out(
        "history-at-the-hub",
        "edits the history on the gateway",
        "agent/hub/case/history.py",
        "for one in told.findings if one.check == check for",
        'for one in told.findings if one.check == check and told.stream != "event" for',
        "test_hub_case.py::test_a_case_tells_the_status_over_time_and_silence_as_unknown",
    ),
    _out(
        "spot-check-late",
        "answers a spot check late",
        "agent/hub/workers/answers.py",
        'return "late" if begun > datetime.fromisoformat(given["expires_at"]) + CLOCKS_DIFFER else ""',
        'return ""',
        "test_hub_answers.py::test_a_look_after_the_order_had_expired_is_late",
    ),
    _out(
        "filed-by-an-unknown-key",
        "writes a filing of his own",
        "agent/verify/judge.py",
        "    if key.kid not in believed.keys:\n",
        "    if False:\n",
        "test_verify_command.py::test_what_was_filed_is_verified_only_by_a_key_that_the_reader_knows",
    ),
)

OPERATOR: Final = (*_DRILLED, *_COMPARED, *_CHAINED)
