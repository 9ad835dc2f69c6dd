"""The defences of questions over all sites, saved ones and their exports, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_QUESTIONS: Final = "test_port_questions.py::"
_SAVED: Final = "test_hub_pages_questions.py::"
_EXPORTS: Final = "test_hub_exports.py::"

HUB_ASKING: Final = (
    Mutant(
        name="hub-ask-scope",
        row="asks for numbers, by filters and groups",
        file="agent/hub/stores/asking/sources.py",
        text='parts = [source.always, f"({seen})"]',
        mutated="parts, values = [source.always], []",
        test=f"{_QUESTIONS}test_open_findings_sites_and_cameras_are_counted_among_what_may_be_seen",
    ),
    Mutant(
        name="hub-ask-basis",
        row="asks for numbers, by filters and groups",
        file="agent/hub/stores/asking/sources.py",
        text='Question(counted="sites", where=where), scope)',
        mutated='Question(counted="sites", where=where), type(scope)(everything=True))',
        test=f"{_QUESTIONS}test_sites_and_cameras_are_those_that_may_be_seen_and_the_basis_tells_of_no_other",
    ),
    Mutant(
        name="hub-ask-camera-days",
        row="asks for numbers, by filters and groups",
        file="agent/hub/domain/asking/camera_days.py",
        text="not (is_whole or maintainer in own)",
        mutated="False",
        test=f"{_QUESTIONS}test_bad_camera_days_are_those_of_sites_that_may_be_seen",
    ),
    Mutant(
        name="hub-ask-packed-days",
        row="asks about camera-days of packed days",
        file="agent/hub/domain/asking/packed_counts.py",
        text='bunches.whole[at] or bunches.known["maintainer"][at] in own',
        mutated="True",
        test="test_port_packed_days.py::test_answers_are_the_same_from_packed_days_as_from_rows_whatever_changes",
    ),
    Mutant(
        name="hub-packed-day-compared",
        row="(who may write the hub's disk) changes the packed bad camera-days",
        file="agent/hub/workers/day_sums.py",
        text="            self._hold(store, tell)\n",
        mutated="            pass\n",
        test="test_port_packed_days.py::test_a_packed_day_that_a_hand_has_changed_is_told_and_a_running_hub_mends_it",
    ),
    Mutant(
        name="hub-saved-scope",
        row="saves a question, or reads the saved ones",
        file="agent/hub/web/pages/questions.py",
        text="answer(wanted, asked.scope)",
        mutated="answer(wanted, type(asked.scope)(everything=True))",
        test=f"{_SAVED}test_who_asks_counts_what_it_may_see_whoever_saved_the_question",
    ),
    Mutant(
        name="hub-saved-known",
        row="saves a question, or reads the saved ones",
        file="agent/hub/domain/asking/saved.py",
        text="not any(name in saved.named for name in _OF_SOMEBODY)",
        mutated="True",
        test=f"{_SAVED}test_a_question_about_somebody_is_seen_by_who_saved_it_and_who_sees_everything",
    ),
    Mutant(
        name="hub-export-links",
        row="puts links or files of his own into the folder",
        file="agent/hub/workers/exports/files.py",
        text="_remove(at, parts[kind])  # what an ended hub has left",
        mutated="pass",
        test=f"{_EXPORTS}test_a_link_in_the_folder_leads_nowhere",
    ),
    Mutant(
        name="hub-export-prune",
        row="puts links or files of his own into the folder",
        file="agent/hub/workers/exports/files.py",
        text="if match and one.is_file(follow_symlinks=False):",
        mutated="if match:",
        test=f"{_EXPORTS}test_the_newest_stay_and_nothing_else_goes",
    ),
    Mutant(
        name="hub-ask-marks",
        row="writes SQL into a question",
        file="agent/hub/stores/asking/sources.py",
        text="""return f"{column} IN ({', '.join('?' * len(wanted))})", list(wanted)""",
        mutated="""return f"{column} IN ('{chr(39).join(wanted)}')", []""",
        test=f"{_QUESTIONS}test_no_value_is_part_of_a_statement",
    ),
    Mutant(
        name="hub-ask-time",
        row="asks what takes the hub's page long",
        file="agent/hub/stores/database.py",
        text="set_progress_handler(time_is_over(within_s), ",
        mutated="set_progress_handler(lambda: False, ",
        test=f"{_QUESTIONS}test_a_question_that_takes_too_long_is_refused_and_the_store_goes_on",
    ),
)
