"""What somebody writes into a page is text there; and what got past that, a real browser neither runs nor fetches."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from dossiers import hostile_dossier
from dossiers import page as dossier_page
from handed_over import checked, html
from handover_screens import HOSTILE
from link_papers import KEY, certificate
from patience import PATIENCE_S
from sites import SQUARE, camera, healthy, site

from agent.onsite.handover.sheet import render_sheet
from agent.onsite.handover.sheet_values import SheetCamera, SheetPath
from agent.onsite.link.certificate import render_page
from agent.site.config.site import CameraConfig
from drivers.model import Camera
from tests.onsite.handover.test_hub_page import page

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


def named(text: str) -> CameraConfig:
    return replace(camera(), camera=Camera("gate", "box", name=text, placement=text))


def sheet(text: str) -> str:
    path = SheetPath("main", "", ((text, "FAIL", "not-hidden"),), b"jpeg")
    one = SheetCamera(1, "gate", text, text, "shows", text, (path,), (SQUARE,), (SQUARE,), (), text)
    return render_sheet("dt0001", text, "now", [one], "en")


PAGES: dict[str, Callable[[str], str]] = {
    "hub": lambda text: page(named(text), healthy()),
    "sheet": sheet,
    "report": lambda text: html(checked(site(named(text), name=text), healthy())),
    "dossier": lambda text: dossier_page(hostile_dossier(text)),
    "self-test": lambda text: render_page(certificate(made_by=text, made_for=text), KEY, "en"),
}


def opened(folder: Path, text: str) -> tuple[str, bool]:
    """Open a page that holds a script and a picture from elsewhere; return what became of it, and who was asked."""
    chromium = shutil.which("chromium-headless-shell")  # the same engine at half the cost
    assert chromium is not None, "make system-packages installs it"
    asked: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    accepted, who = elsewhere.accept()
                    asked.append(who)
                    accepted.close()

        thread = threading.Thread(target=listen)
        thread.start()
        got_in = (
            '<script>document.title = "it " + "ran"</script><img src="x:" onerror="document.title = \'it \' + \'ran\'">'
            f'<img src="http://127.0.0.1:{elsewhere.getsockname()[1]}/picture">'
        )
        file = folder / "page.html"
        file.write_text(text.replace("</body>", f"{got_in}</body>"))
        # Without its sandbox, which it refuses to root: what it opens here is ours.
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
                   "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder / 'own'}",
                   "--dump-dom", file.as_uri()]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
        finally:
            elsewhere.shutdown(socket.SHUT_RDWR)
            thread.join()
    return done.stdout, bool(asked)


@pytest.mark.parametrize("name", PAGES)
def test_what_got_into_a_page_is_not_run_and_asks_nobody(name: str, tmp_path: Path) -> None:
    text = PAGES[name]("gate")
    became, asked = opened(tmp_path, text)
    assert '"it " + "ran"' in became, "it stands in the page"
    assert (re.search("<title>it ran</title>", became), asked) == (None, False)


def test_without_its_policy_the_same_page_runs_it_and_asks(tmp_path: Path) -> None:
    became, asked = opened(tmp_path, POLICY.sub("", PAGES["hub"]("gate")))
    assert ("<title>it ran</title>" in became, asked) == (True, True)


@pytest.mark.parametrize("name", PAGES)
def test_what_somebody_named_is_text_in_each_page(name: str) -> None:
    text = PAGES[name](HOSTILE)
    assert "&lt;script&gt;" in text and "{{ 7*7 }}" in text
    assert not re.search(r"<script|<img[^>]*onerror", text)
