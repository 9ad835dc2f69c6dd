"""Builds cameras by checks for a hand-over report: one sign for each; cameras found alike share a row. Pure.

A pass is shown by what it rests on, so that the word of a device and what was seen are never the same sign.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.judge.checks.table import CHECKS
from agent.model.finding import Basis, Finding, Level, Status
from agent.observe.footage.days import recorder_of
from agent.onsite.handover.contents_findings import subjects_of
from agent.onsite.handover.places import Places
from agent.onsite.handover.report import ORDER, CellPart, MatrixPart, MatrixRow
from agent.report.check_titles import TITLES
from agent.report.levels import LEVEL_WORDS
from agent.site.config.site import CameraConfig, Site
from agent.text.translate import translate

SIGNS: Final[Mapping[Status, str]] = {"fail": "\u2715", "warn": "!", "unknown": "?", "not_applicable": "\u2013"}
PASS_SIGNS: Final[Mapping[Level, str]] = {
    "seen": "\u25cf",
    "both": "\u25c9",
    "told": "\u25cb",
    "declared": "\u25c7",
    "own": "\u25a1",
}
"""A pass by its level of evidence: filled is what was seen, hollow is somebody's word."""


def matrix(
    site: Site, findings: tuple[Finding, ...], known: Mapping[str, Basis], places: Places, lang: str
) -> MatrixPart:
    """Return the matrix of a look: the checks that are due of any camera, or of its device or recorder."""
    found = {(subject, one.check): one for one in findings for subject in subjects_of(one)}
    found |= {(one.subject, one.check): one for one in findings}
    rows: dict[tuple[CellPart, ...], list[str]] = {}
    columns = [check.id for check in CHECKS if any(_is_due(found, one, check.id) for one in site.cameras)]
    for camera in site.cameras:
        cells = tuple(_cell(_finding(found, camera, check), known, lang) for check in columns)
        rows.setdefault(cells, []).append(f"camera:{camera.camera.id}")
    ordered = sorted(rows.items(), key=lambda row: min(map(_rank, row[0]), default=0))
    return MatrixPart(
        tuple(translate(TITLES.get(check, check), lang) for check in columns),
        tuple(MatrixRow(tuple(places[one] for one in subjects), cells) for cells, subjects in ordered),
        _legend(rows),
    )


def _is_due(found: Mapping[tuple[str, str], Finding], camera: CameraConfig, check: str) -> bool:
    finding = _finding(found, camera, check)
    return finding is not None and finding.status != "not_applicable"


def _finding(found: Mapping[tuple[str, str], Finding], camera: CameraConfig, check: str) -> Finding | None:
    """Return what a check found of a camera: of itself, else of its device, else of its recorder."""
    subjects = (f"camera:{camera.camera.id}", f"device:{camera.camera.device}", recorder_of(camera))
    return next((found[one, check] for one in subjects if (one, check) in found), None)


def _cell(finding: Finding | None, known: Mapping[str, Basis], lang: str) -> CellPart:
    if finding is None:
        return CellPart(SIGNS["not_applicable"], "not_applicable", translate("not due", lang))
    level = known[finding.key].level if finding.key in known else None
    if finding.status != "pass":
        words = "not due" if finding.status == "not_applicable" else finding.status
        return CellPart(SIGNS[finding.status], finding.status, translate(words, lang))
    if level is None:
        return CellPart(PASS_SIGNS["own"], "pass", translate("pass", lang))
    return CellPart(PASS_SIGNS[level], "pass", translate(LEVEL_WORDS[level], lang))


def _rank(cell: CellPart) -> int:
    return next(number for number, status in enumerate(ORDER) if status == cell.tone)


def _legend(rows: Iterable[tuple[CellPart, ...]]) -> tuple[CellPart, ...]:
    """Return each sign in use once, what fails first."""
    used = {cell for row in rows for cell in row}
    signs = (*SIGNS.values(), *PASS_SIGNS.values())
    return tuple(sorted(used, key=lambda cell: (_rank(cell), signs.index(cell.sign))))
