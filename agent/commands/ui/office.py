"""Runs for the page what commands do: one look at the site, its signed papers, the state of the service."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.commands.check.pictures import Album
from agent.commands.check.report_key import report_key
from agent.commands.filing.export import files_of
from agent.commands.status import words
from agent.commands.terminal.opened import note_opened
from agent.commands.terminal.service_memory import episodes_known, sources_known
from agent.host.health import moment
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.notes import contested_of, read_notes
from agent.model.errors import AgentError
from agent.model.finding import utc_text
from agent.observe.pictures.judge import Judge
from agent.onsite.filing.contents import dossier_of
from agent.onsite.handover.contents import contents
from agent.onsite.handover.report import KeyPart, render_report
from agent.onsite.one_look.result import CheckResult
from agent.onsite.ui.site_desk import Made, Office, Paper
from agent.onsite.ui.site_screen import declaration_of, site_json
from agent.service.alerts.status_file import read
from agent.service.cycle.cycle import see
from agent.service.cycle.environment import Environment
from agent.site.config.site import Site
from agent.text.translate import render
from agent.verify.html_seal import seal
from agent.verify.paper import DOSSIER, pack_paper
from drivers.credentials import Credentials
from masking.worker.client import Worker

HTML: Final = "text/html; charset=utf-8"
ZIP: Final = "application/zip"


def office_of(worker: Worker, credentials: Credentials, clock: Callable[[], datetime], runtime: Path) -> Office:
    """Return what the site's screen needs of commands; the worker is that of the page's looks."""

    def check(site: Site) -> CheckResult:
        return _checked(site, worker.judge, worker, credentials, clock)

    return Office(
        screen=site_json, declaration=declaration_of, check=check, make=_made,
        delivery=lambda lang: _delivery(runtime, clock(), lang),
    )  # fmt: skip


def _checked(
    site: Site, judge: Judge, worker: Worker, credentials: Credentials, clock: Callable[[], datetime]
) -> CheckResult:
    now, album, directory = moment(clock()), Album(judge, "fail"), site.storage.directory
    env = Environment(credentials, album.judge, clock, wait=time.sleep, confinement=lambda: worker.confinement)
    seen = see(site, env, now, sources_known(directory, site.id))
    pictures = album.blackened(site, seen.facts, seen.findings)
    known = episodes_known(directory)
    contested = contested_of(read_notes(directory, site.id), site.id, pinned_keys(site))
    return CheckResult(site, seen, now.at, episodes=known, pictures=pictures, contested=contested)


def _made(kind: Paper, checked: CheckResult, lang: str) -> Made:
    site, key = checked.site, report_key(checked.site)
    day = f"{site.id}-{checked.at:%Y%m%d}"
    if kind == "report":
        shown = KeyPart(key.signer.kid, key.is_site_key)
        html = render_report(contents(checked, shown, lang, False, "fail"), lang)
        note_opened(site.storage.directory, "ui report", "pictures")
        return Made(f"{day}-report.html", HTML, seal(html, key.signer))
    dossier = dossier_of(checked)
    packed = pack_paper(DOSSIER, site.id, utc_text(dossier.at), files_of(dossier, key, lang), key.signer)
    note_opened(site.storage.directory, "ui dossier", "equipment")
    return Made(f"{day}-filing.zip", ZIP, packed)


def _delivery(runtime: Path, now: datetime, lang: str) -> tuple[str, ...]:
    try:
        return tuple(words.lines(read(runtime, now), lang))
    except AgentError as error:
        return (render(error.message, lang),)
