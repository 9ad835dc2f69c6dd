"""A report is printed by a program that is not root, a browser in its sandbox, and what it hands back is looked at."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from patience import PATIENCE_S

from agent.commands.check import pdf
from agent.commands.check.pdf import Printer, print_pdf
from agent.model.errors import ProgramMissing

ROOT = Path(__file__).parents[3]
Script = Callable[[str], Printer]
AS_ROOT = os.geteuid() == 0
NOBODY = 65534
WHERE_NONE_MAY_CONFINE = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
"""Of a namespace of its own, with all of the machine's users in it."""
PRINT = """
import sys
from pathlib import Path
from agent.commands.check.pdf import find_printer, print_pdf
from agent.model.errors import ProgramMissing
try:
    print_pdf(find_printer(), Path(sys.argv[1]), Path(sys.argv[2]), 0o600)
except ProgramMissing as error:
    print(error)
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of its owner alone, which takes a browser a while."""
    path = tmp_path / "report.html"
    path.write_text("<!DOCTYPE html><html lang=en><title>r</title>" + "<p>a line of a report</p>" * 5000)
    path.chmod(0o600)
    return path


@pytest.fixture
def scripted() -> Iterator[Script]:
    """A printer by hand, called as WeasyPrint is: page, then where the PDF goes. It lies where nobody may run it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        program = Path(folder, "printer")

        def written(script: str) -> Printer:
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
            return Printer(str(program), is_browser=False)

        yield written


@pytest.mark.parametrize("browser", ["chromium-headless-shell", "chromium"])
def test_a_browser_is_never_root_and_never_without_its_sandbox(browser: str, page: Path, tmp_path: Path) -> None:
    seen: dict[int, tuple[list[str], set[int], str]] = {}
    before = set(psutil.pids())
    printing = threading.Thread(target=print_pdf, args=(Printer(browser, True), page, tmp_path / "r.pdf", 0o600))
    printing.start()
    while printing.is_alive():
        for pid in set(psutil.pids()) - before:
            try:
                words = (one := psutil.Process(pid)).cmdline()
                if any("camwarden-pdf-" in " ".join(of.cmdline()) for of in (one, *one.parents())):
                    status = Path(f"/proc/{pid}/status").read_text()
                    confined = status.partition("\nSeccomp:")[2].split()[0]
                    seen[pid] = words, {*one.uids(), *one.gids()}, confined
            except (psutil.Error, OSError):
                continue  # it has ended meanwhile
    printing.join()
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    assert [words for words, _, _ in seen.values() if "--no-sandbox" in words] == []
    assert [(words, ids) for words, ids, _ in seen.values() if 0 in ids] == []
    renderers = [confined for words, _, confined in seen.values() if "--type=renderer" in words]
    assert renderers and set(renderers) == {"2"}, "a filter of system calls"
    folders = {Path(*Path(word.partition("=")[2]).parts[:3]) for words, _, _ in seen.values() for word in words
               if word.startswith("--user-data-dir=")}  # fmt: skip
    assert folders and not any(folder.exists() for folder in folders)


def test_where_a_browser_cannot_confine_itself_nothing_is_printed_and_the_next_step_is_told(
    page: Path, tmp_path: Path
) -> None:
    everybody = ("--map-users=all", "--map-groups=all") if AS_ROOT else ("--map-root-user",)
    words = ["unshare", "--user", *everybody, "sh", "-c", WHERE_NONE_MAY_CONFINE, "sh"]
    if not AS_ROOT:  # back to whom one was, who has no rights in there
        words += ["unshare", "--user", "--map-current-user"]
    words += [sys.executable, "-c", PRINT, page, tmp_path / "r.pdf"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    assert "cannot confine itself here" in done.stdout and "chromium-sandbox" in done.stdout
    assert str(page) in done.stdout and page.exists()
    assert not (tmp_path / "r.pdf").exists()


def test_whatever_prints_is_nobody_with_a_home_of_its_own_and_nothing_of_ours(
    page: Path, tmp_path: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMWARDEN_PASSWORD", "hunter2")
    look = 'echo "%PDF- $(id -u) $(id -G) $PWD $HOME $(stat -c %a . $1 | xargs)"; env; grep Cap /proc/self/status'
    groups = os.getgroups()
    if AS_ROOT:
        os.setgroups([0, 4])
    try:
        print_pdf(scripted(f"({look}) > $2"), page, tmp_path / "r.pdf", 0o600)
    finally:
        if AS_ROOT:
            os.setgroups(groups)
    first, *rest = (tmp_path / "r.pdf").read_text().splitlines()
    _, user, group, folder, home, mode, page_mode = first.split()
    assert (mode, page_mode, folder) == ("700", "600", home)
    assert "hunter2" not in "\n".join(rest)
    assert "CapEff:\t0000000000000000" in rest or not AS_ROOT
    assert not Path(folder).exists()
    mine = (tmp_path / "r.pdf").stat()
    assert (mine.st_uid, mine.st_mode & 0o777) == (os.geteuid(), 0o600)
    assert (int(user), int(group)) == ((NOBODY, NOBODY) if AS_ROOT else (os.geteuid(), os.getegid()))


TRICKS = (
    "ln -s {secret} $2",
    "printf %%PDF- > mine; ln mine $2",
    "mkdir $2",
    "mkfifo $2",
    "echo no PDF > $2",
    "exit 1",
)
OF_NOBODY = ("cd /; mv $(dirname $2) $(dirname $2)-away; ln -s {folder} $(dirname $2)",)
"""Whoever prints as he is himself may do all that he may do anyway."""


@pytest.mark.parametrize("trick", TRICKS + OF_NOBODY * AS_ROOT)
def test_what_a_taken_over_printer_leaves_in_place_of_a_pdf_is_not_taken(
    page: Path, tmp_path: Path, scripted: Script, trick: str
) -> None:
    secret = tmp_path / "report.pdf"
    secret.write_bytes(b"%PDF- a secret")
    if AS_ROOT:  # it may even be the printer's, in a folder that is not
        os.chown(secret, NOBODY, NOBODY)
    told = trick.format(secret=secret, folder=tmp_path)
    with pytest.raises(ProgramMissing, match="could not print"):
        print_pdf(scripted(told), page, tmp_path / "r.pdf", 0o600)
    assert not (tmp_path / "r.pdf").exists() and page.exists()


def test_a_printer_that_only_root_can_run_is_told(page: Path, tmp_path: Path, scripted: Script) -> None:
    printer = scripted("exit 0")
    Path(printer.program).chmod(0o000)
    with pytest.raises(ProgramMissing, match="cannot be run as an ordinary user: Permission denied"):
        print_pdf(printer, page, tmp_path / "r.pdf", 0o600)


def test_a_printer_that_hangs_is_ended_with_all_that_it_started(
    page: Path, tmp_path: Path, scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "WITHIN_S", 0.5)
    told = ["sleep", str(10**6 + os.getpid())]
    with pytest.raises(ProgramMissing, match=r"within 0\.5 s"):
        print_pdf(scripted("{0} & {0}".format(" ".join(told))), page, tmp_path / "r.pdf", 0o600)
    left = [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == told]
    assert psutil.wait_procs(left, timeout=PATIENCE_S)[1] == []


def test_what_a_killed_browser_still_writes_is_removed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, removed = [], shutil.rmtree

    def while_something_is_written(folder: Path) -> None:
        tries.append(folder)
        if len(tries) < 3:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
        removed(folder)

    monkeypatch.setattr(pdf.shutil, "rmtree", while_something_is_written)
    with pdf.own_folder() as folder:
        (folder / "page.html").write_text("a name")
    assert len(tries) == 3 and not folder.exists()
