"""What of the ports PostgreSQL does not have yet, by file of `tests/hub/ports`. This list only shrinks.

A test that stands here and passes fails there (`conftest.py`): whoever adds a port takes its tests out.
"""

from __future__ import annotations

_BY_FILE: dict[str, tuple[str, ...]] = {
    "test_port_keeping.py": ("test_the_room_that_a_store_takes_and_has_is_positive",),
    "test_port_log_and_files.py": (
        "test_a_backup_comes_back_elsewhere_with_every_report_and_a_log_that_waits",
        "test_a_changed_backup_is_refused",
        "test_a_hub_of_another_folder_is_taken_over_with_all_it_has",
    ),
    "test_port_questions.py": (
        "test_a_question_that_takes_too_long_is_refused_and_the_store_goes_on",
        "test_a_site_s_own_words_are_shown_as_they_are_and_break_no_answer",
        "test_all_of_an_answer_is_of_one_state_whatever_is_committed_meanwhile",
        "test_bad_camera_days_are_those_of_sites_that_may_be_seen",
        "test_days_before_a_site_was_heard_of_are_not_due",
        "test_no_value_is_part_of_a_statement",
        "test_of_two_epochs_of_a_day_that_counts_which_the_site_began_last",
        "test_open_findings_sites_and_cameras_are_counted_among_what_may_be_seen",
        "test_sites_and_cameras_are_those_that_may_be_seen_and_the_basis_tells_of_no_other",
        "test_the_largest_groups_come_first_and_what_is_left_out_is_told",
        "test_what_nothing_answers_is_an_error_of_the_caller",
    ),
}

NOT_YET = frozenset(f"{file}::{test}" for file, tests in _BY_FILE.items() for test in tests)
