"""Looks at the whole site for its screen, and makes report and dossier of that look at a click.

The look is that of `camwarden check`, given from outside; it waits for a look at the cameras, for a device has one
session at a time. It is made when somebody first opens the screen.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from agent.model.errors import AgentError
from agent.model.finding import Json, Message
from agent.onsite.ui import screens
from agent.onsite.ui.desk import Desk
from agent.onsite.ui.refusals import NotGranted
from agent.onsite.ui.values import State
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration, local_day

if TYPE_CHECKING:
    from agent.onsite.one_look.result import CheckResult

Paper = Literal["report", "dossier"]

log = logging.getLogger("camwarden.ui")


@dataclass(frozen=True, slots=True)
class Made:
    """A paper: its name and bytes."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the site's screen is given from outside.

    `check`: one look at a site, as `camwarden check` has it. `make`: a signed paper of it, in a language. `delivery`:
    how the running service and its delivery are doing, one line each. `screen` and `declaration`: those of
    `site_screen.py`, which is loaded with the rest of what a whole look needs.
    """

    screen: "Callable[[State, CheckResult | None, datetime, date, str], dict[str, Json]]"
    declaration: Callable[[Site, Mapping[str, Any], str, date], Declaration]
    check: "Callable[[Site], CheckResult]"
    make: "Callable[[Paper, CheckResult, str], Made]"
    delivery: Callable[[str], tuple[str, ...]]


class SiteDesk:
    """The last look at the whole site. Thread-safe. `open_office`: called once, when the screen is first opened."""

    def __init__(self, desk: Desk, open_office: Callable[[], Office]) -> None:
        self._desk, self._office = desk, cache(open_office)
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self._checked: CheckResult | None = None
        self._failed: Message | None = None

    def site(self, lang: str) -> dict[str, Json]:
        """Return the screen; begin the look where there was none."""
        if self._checked is None and self._failed is None:
            self.start()
        state, now = self._desk.state, self._desk.place.clock()
        shown = self._office().screen(state, self._checked, now, local_day(state.site, now), lang)
        failed = self._failed
        return {
            **shown,
            "running": self._is_running(),
            "failed": screens.said(failed, lang) if failed is not None else "",
            "delivery": {"lines": list(self._office().delivery(lang))},
        }

    def start(self) -> None:
        """Begin a look at the whole site, where none runs."""
        with self._lock:
            if not self._is_running():
                self._failed = None
                self._running = threading.Thread(target=self._look, name="ui check", daemon=True)
                self._running.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until no look runs; return whether that came true in time."""
        if self._running is not None:
            self._running.join(timeout_s)
        return not self._is_running()

    def declare(self, body: Mapping[str, Any], lang: str) -> dict[str, Json]:
        """Keep a declaration for the review. Raises NotGranted."""
        place, state = self._desk.place, self._desk.state
        row = self._office().declaration(state.site, body, place.by, local_day(state.site, place.clock()))
        self._desk.declare(row)
        return self.site(lang)

    def paper(self, kind: Paper, lang: str) -> Made:
        """Return a signed paper of the last look. Raises NotGranted where there was none."""
        if self._checked is None:
            raise NotGranted("the site is still looked at: wait until its findings are here")
        return self._office().make(kind, self._checked, lang)

    def _is_running(self) -> bool:
        return self._running is not None and self._running.is_alive()

    def _look(self) -> None:
        self._desk.wait_for_look(self._desk.state.site.probe.deadline_s * len(self._desk.state.site.devices) + 60)
        try:
            self._checked = self._office().check(self._desk.state.site)
        except AgentError as error:
            self._failed = error.message
        except Exception as error:  # noqa: BLE001 - the page stays; only the kind of what failed is told
            log.error("the look at the site has failed: %s", type(error).__name__)
            self._failed = Message("the look has failed: see the log")
