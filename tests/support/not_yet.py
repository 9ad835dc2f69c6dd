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
}

NOT_YET = frozenset(f"{file}::{test}" for file, tests in _BY_FILE.items() for test in tests)
