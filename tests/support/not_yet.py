"""What of the ports PostgreSQL does not have yet, by file of `tests/hub/ports`. This list only shrinks.

A test that stands here and passes fails there (`conftest.py`): whoever adds a port takes its tests out.
"""

from __future__ import annotations

_BY_FILE: dict[str, tuple[str, ...]] = {
    "test_port_keeping.py": (
        "test_a_report_that_expires_takes_its_findings_along_and_no_other_report",
        "test_bodies_come_by_id_and_one_that_was_dropped_leaves_what_proves_its_report",
        "test_housekeeping_goes_on_where_it_was_and_looks_at_what_is_held_again",
        "test_of_an_empty_store_no_later_clock_drops_a_body",
        "test_reports_that_expire_leave_the_bodies_of_those_that_are_like_them",
        "test_the_room_that_a_store_takes_and_has_is_positive",
        "test_what_stands_beside_reports_expires_by_its_own_time",
    ),
    "test_port_log_and_files.py": (
        "test_a_backup_comes_back_elsewhere_with_every_report_and_a_log_that_waits",
        "test_a_changed_backup_is_refused",
        "test_a_hub_of_another_folder_is_taken_over_with_all_it_has",
    ),
    "test_port_questions.py": (
        "test_a_question_that_takes_too_long_is_refused_and_the_store_goes_on",
        "test_a_site_s_own_words_are_shown_as_they_are_and_break_no_answer",
        "test_bad_camera_days_are_those_of_sites_that_may_be_seen",
        "test_days_before_a_site_was_heard_of_are_not_due",
        "test_no_value_is_part_of_a_statement",
        "test_of_two_epochs_of_a_day_that_counts_which_the_site_began_last",
        "test_open_findings_sites_and_cameras_are_counted_among_what_may_be_seen",
        "test_sites_and_cameras_are_those_that_may_be_seen_and_the_basis_tells_of_no_other",
        "test_the_largest_groups_come_first_and_what_is_left_out_is_told",
        "test_what_nothing_answers_is_an_error_of_the_caller",
    ),
    "test_port_transactions.py": ("test_what_raises_in_the_middle_leaves_nothing_in_any_area",),
}

NOT_YET = frozenset(f"{file}::{test}" for file, tests in _BY_FILE.items() for test in tests)
