"""A site of two cameras for which everything is declared that the fullest profile asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from sites import NOW, camera, healthy_camera, healthy_device, site

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding
from agent.observe.facts.facts import Facts, gather
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import Declaration, Value, local_day
from agent.site.declarations.table import BY_ID, NONE
from agent.site.rules.read import shipped

IN_USE = date(2026, 2, 10)
TODAY = local_day(site(), NOW)
FACTS = gather(healthy_device() + healthy_camera("gate") + healthy_camera("yard"))

WORDS: Mapping[str, Value] = {
    **{"national-class": "7-2", "key-target": False, "zone-type": "hall", "linked": False, "scope": True},
    **{"place-category": "7-2", "place-kind": "school", "legal-unit": "School", "supervising-organ": "Branch"},
    **{"required-points": NONE, "entertainment-venue": False, "main-project-date": IN_USE, "acceptance-date": IN_USE},
    **{"trial-from": date(2026, 1, 5), "filed-cameras": 2, "filed-storage-days": 30, "neighbour-consent": NONE},
    **{"paper-other": NONE, "outsourcing-agreement": "contract 7", "access-register": True, "view-library": False},
    **{"maintenance-interval-days": 30, "maintenance-last": TODAY - timedelta(days=14), "secret": False},
    **{"secure-device-level": "A", "install-authority": "letter 3", "audio-allowed": False},
    **{"purpose": "entrance", "owner": "School", "maintainer": "Jinbei", "position": "113.29510, 40.08273"},
    **{"height-m": 3.5, "azimuth-degrees": 135},
}
"""What is declared; every other row but for those that nobody is asked for is a paper of the day of use."""


DETAIL_WORDS: Mapping[str, str] = {
    **{"address": "Xinjian Road 17", "credit-code": "91140200MA0K000000", "contact": "Li Na, 0352-0000000"},
    **{"organ": "Branch", "certificate-until": (TODAY + timedelta(days=900)).isoformat(), "firm": "Jinbei"},
    **{"class": "class 2", "authority": "district", "demonstrated-by": "Branch", "institution": "testing centre"},
    **{"accreditation": "CMA 1", "commissioned-by": "School", "took-part": "School, Branch"},
}
"""Details, where they are neither a choice nor the day of use."""


def word(duty: str, value: Value | None = None, **changes: object) -> Declaration:
    """Return a declaration for the whole site, with a paper where the row asks for one."""
    given = value if value is not None else WORDS.get(duty, "paper 1")
    row = Declaration(duty, given, "Li Na", date(2026, 1, 31))
    if BY_ID[duty].kind == "paper" and given != NONE:
        row = replace(row, sha256="a" * 64, document_at=IN_USE)
    if given != NONE:
        row = replace(row, details=details(duty))
    return replace(row, **changes)


def details(duty: str, **others: str) -> tuple[str, ...]:
    """Return every detail that is asked for, in order, but for those that are given; empty: it is missing."""
    known = {
        one.id: DETAIL_WORDS.get(one.id) or (one.choices[0].value if one.choices else IN_USE.isoformat())
        for one in BY_ID[duty].details
        if one.is_asked
    }
    told = known | {name.replace("_", "-"): text for name, text in others.items()}
    return tuple(f"{name}: {text}" for name, text in told.items() if text)


def declared_site(*rows: Declaration, without: tuple[str, ...] = (), **changes: object) -> Site:
    """Return the site.

    Args:
        rows: Declarations in the place of those that everything is declared by.
        without: Duties of which nothing is declared.
        changes: Of the site's own fields.
    """
    gone = {row.duty for row in rows} | set(without)
    asked = [duty for duty, row in BY_ID.items() if row.asked != "never" or duty in WORDS]
    declared = (*(word(duty) for duty in asked if duty not in gone and not BY_ID[duty].like.startswith("([01]")), *rows)
    plain = site(camera("gate"), camera("yard"), packs=shipped(), rules=Rules("full"), in_use_since=IN_USE)
    return replace(plain, declarations=declared, **changes)


def judged(check: str, a_site: Site, facts: Facts = FACTS) -> tuple[Finding, ...]:
    """Return what a check says of the site when all checks are run on it."""
    return tuple(f for f in run_checks(a_site, facts, NOW) if f.check == check)


def verdict(check: str, a_site: Site, facts: Facts = FACTS) -> tuple[str, str]:
    """Return status and reason of the one finding of a check about the site."""
    (finding,) = judged(check, a_site, facts)
    return finding.status, finding.reason
