"""The parent that stays root: it saves what was drawn, and nothing else, whoever has taken over the page's process."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S

from agent.model.errors import UsageError
from agent.onsite.ui.keeper import account_of
from agent.onsite.ui.refusals import Changed, NotGranted
from agent.onsite.ui.replacing import accept_drawn, replace_site

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "tests/support/hostile_page.py"
NOBODY = pwd.getpwnam("nobody")
HOSTILE = {
    "noise", "lines", "nothing", "another word", "another path", "far too long", "less than told", "a negative length",
}  # fmt: skip


MORE = "more than zones and declarations would change"
SITE = """[site]
id = "S1"
city = "datong"
division = "140200"

[hub]
host = "hub.example.org"
confirm = "broker"

[[device]]
id = "recorder"
host = "192.0.2.10"

[[camera]]
id = "yard"
device = "recorder"
channel = 1

  [[camera.private_zone]]
  name = "window"
  polygon = [[0.10, 0.10], [0.40, 0.10], [0.40, 0.50], [0.10, 0.50]]

[[camera]]
id = "roof"
device = "recorder"
channel = 2
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    assert os.geteuid() == 0, "this test becomes another user: run it as root"
    path = tmp_path / "site.toml"
    path.write_text(SITE, "utf-8")
    path.chmod(0o640)
    os.chown(path, 0, NOBODY.pw_gid)
    return path


def started(config: Path, *words: str) -> subprocess.Popen[str]:
    """Start the keeper as from root's shell: on a terminal of its own, and with a file of root's left open."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SECRET_OF_ROOT": "x", "LD_LIBRARY_PATH": "/nowhere"}
    keyboard, terminal = os.openpty()
    left_open = os.open("/etc/shadow", os.O_RDONLY)
    try:
        return subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-P", PAGE, config, *words], pass_fds=[left_open, keyboard],
            stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
    finally:
        for one in (keyboard, terminal, left_open):
            os.close(one)


def told(config: Path, *words: str) -> tuple[int, list[Any]]:
    """Run a page below the keeper, and return its exit code and the lines that it printed."""
    process = started(config, *words)
    out, errors = process.communicate(timeout=PATIENCE_S)
    assert errors == ""
    return process.returncode, [json.loads(line) for line in out.splitlines()]


def test_a_page_without_rights_has_what_was_drawn_saved_with_owner_and_mode(config: Path) -> None:
    before = config.read_bytes()
    code, lines = told(config, "honest")
    assert (code, lines[0]) == (7, ["saved"])
    assert lines[1] == ["saved", "saved"]
    assert config.read_bytes() != before and b"window of the nurse" in config.read_bytes()
    status = config.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 0, NOBODY.pw_gid)
    assert [path.name for path in config.parent.iterdir()] == ["site.toml"]


def test_the_page_has_no_right_group_variable_terminal_or_file_of_roots_and_no_way_back(config: Path) -> None:
    _, (ids, *attempts, capabilities, descriptors) = told(config, "who")
    user, group = NOBODY.pw_uid, NOBODY.pw_gid
    groups = os.getgrouplist("nobody", group)
    assert ids[:3] == [[user] * 3, [group] * 3, groups] and 0 not in groups
    assert not {"SECRET_OF_ROOT", "LD_LIBRARY_PATH", "PYTHONPATH"} & set(ids[3]) and ids[4:] == ["/", "/"]
    assert [one for (one,) in attempts] == ["PermissionError"] * 6 + ["OSError", "PermissionError"]
    assert sorted(capabilities[0]) == ["0" * 16, "0" * 16, "1"]
    assert descriptors == [1], "the link to the keeper"


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_what_is_no_request_ends_the_talk_and_the_page_goes_on_unable_to_save(config: Path, what: str) -> None:
    before = config.read_bytes()
    code, (answer, again) = told(config, "garbage", what)
    assert (code, answer) == (7, [""])
    assert again[0].startswith("NotGranted: ") and config.read_bytes() == before


NOT_GRANTED = {
    "no TOML": "not TOML",
    "empty": "site",
    "NULs": "not TOML",
    "a zone that is none": "polygon",
    "another host for the logins": MORE,
    "one camera less": MORE,
    "another hub": MORE,
    "another camera": MORE,
    "deeply nested": "nested too deeply",
}


def test_a_text_that_may_not_be_is_refused_and_the_keeper_is_as_it_was(config: Path) -> None:
    """In the words of the loader, or that more than zones would change."""
    code, lines = told(config, "refused", *NOT_GRANTED)
    assert code == 7
    for (what, words), (first, *after) in zip(NOT_GRANTED.items(), lines, strict=True):
        assert first.startswith("NotGranted: ") and words in first, what
        assert after == ["saved", "saved"], what


def test_no_text_makes_root_open_a_file_and_repeat_it(config: Path) -> None:
    """The loader opens what a text names, and says what is wrong with it: here it has no right to."""
    secret = config.with_name("secret.pem")
    secret.write_text("-----BEGIN CERTIFICATE-----\nHUNTER2\n")
    secret.chmod(0o600)
    _, ((first, *_),) = told(config, "refused", "a file of root's")
    assert first.startswith("NotGranted: ") and "Permission denied" in first and "HUNTER2" not in first


def test_of_two_at_once_the_second_is_told_that_the_file_has_changed(config: Path) -> None:
    changed = "Changed: site.toml was changed meanwhile: load it anew"
    assert told(config, "two_at_once") == (0, [[changed, "saved"]])


def test_whoever_is_left_behind_by_the_page_saves_nothing_and_keeps_nobody(config: Path) -> None:
    before = config.read_bytes()
    code, _ = told(config, "leaves_somebody")
    assert code == 9 and config.read_bytes() == before


def test_the_keeper_ends_with_the_page_and_the_page_with_the_keeper(config: Path) -> None:
    assert told(config, "killed")[0] == 128 + signal.SIGKILL
    for number, code in ((signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 128 + signal.SIGTERM)):
        for behaviour in ("waits", "drips"):
            with started(config, behaviour) as process:
                assert process.stdout is not None
                process.stdout.readline()
                process.send_signal(number)
                assert process.wait(PATIENCE_S) == code
    assert told(config, "interrupted")[0] == 128 + signal.SIGTERM
    with started(config, "waits") as process:
        assert process.stdout is not None
        (page,) = json.loads(process.stdout.readline())
        ended = os.pidfd_open(page)
        process.kill()
        assert select.select([ended], (), (), PATIENCE_S)[0] == [ended]
        os.close(ended)


def test_a_link_in_the_files_place_is_refused_and_what_it_leads_to_stays(config: Path) -> None:
    elsewhere = config.with_name("elsewhere.toml")
    config.rename(elsewhere)
    config.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    _, ((first,), _) = told(config, "honest")
    assert "is a symbolic link" in first and elsewhere.read_bytes() == before and config.is_symlink()


def test_a_file_that_changes_while_the_text_is_read_is_not_replaced(config: Path) -> None:
    before = config.read_bytes()

    def meanwhile(path: Path, there: bytes, text: bytes) -> None:
        config.write_bytes(before + b"# somebody else\n")

    with pytest.raises(Changed):
        replace_site(config, before + b"# ours\n", hashlib.sha256(before).hexdigest(), meanwhile)
    assert config.read_bytes() == before + b"# somebody else\n"


def test_on_a_laptop_the_same_is_done_in_one_process(config: Path) -> None:
    before = config.read_bytes()
    drawn = before.replace(b'name = "window"', b'name = "door"')
    replace_site(config, drawn, hashlib.sha256(before).hexdigest(), accept_drawn)
    assert config.read_bytes() == drawn
    with pytest.raises(NotGranted, match="more than zones and declarations would change"):
        replace_site(
            config, drawn.replace(b'id = "roof"', b'id = "loft"'), hashlib.sha256(drawn).hexdigest(), accept_drawn
        )
    with pytest.raises(NotGranted, match="is not a file"):
        replace_site(Path("/dev/null"), b"", "", accept_drawn)
    with pytest.raises(NotGranted, match="No such file"):
        replace_site(config.with_name("none"), b"", "", accept_drawn)


def test_nobody_becomes_root_again_and_an_unknown_user_is_one_line() -> None:
    for name in ("root", "no-such-user"):
        with pytest.raises(UsageError, match=f"there is no user {name} without rights here"):
            account_of(name)
