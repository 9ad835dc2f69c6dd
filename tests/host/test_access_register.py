"""The register of who opened what: no line is lost, and a damaged one hides no other."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW
from patience import PATIENCE_S

from agent.host.access_register import KEPT, NAME, expire_openings, note_opening, read_openings

SECOND = timedelta(seconds=1)


def test_the_register_shows_no_line_that_is_damaged_and_the_next_one_whole(tmp_path: Path) -> None:
    for number in range(3):
        note_opening(tmp_path, "check", "pictures", NOW + number * SECOND)
    with (tmp_path / NAME).open("ab") as file:
        file.write(b'{"at": "2026-11-02", "user": 1}\n\xff\xfe\n[]\n{"at"')
    note_opening(tmp_path, "check", "pictures", NOW + 3 * SECOND)
    assert [one.at for one in read_openings(tmp_path)] == [NOW + number * SECOND for number in range(4)]
    expire_openings(tmp_path, NOW + KEPT + 3 * SECOND)
    assert len(read_openings(tmp_path)) == 1


def test_openings_of_several_processes_at_once_are_all_there(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import UTC, datetime\n"
        "from agent.host.access_register import note_opening\n"
        "for _ in range(25): note_opening(Path(sys.argv[1]), 'check', 'pictures', datetime.now(UTC), '图')"
    )
    ran = [subprocess.Popen([sys.executable, "-P", "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [one.wait(PATIENCE_S) for one in ran] == [0] * 4
    assert len(read_openings(tmp_path)) == 100


def test_a_register_that_cannot_be_written_stops_no_command_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).mkdir()
    note_opening(tmp_path, "bundle", "support", NOW)
    assert "not noted that" in caplog.text and "support" in caplog.text
    with pytest.raises(KeyError):
        note_opening(tmp_path, "bundle", "something", NOW)
