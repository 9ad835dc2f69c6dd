"""What the healthy simulated site declares: a row for each word that anybody can be asked for, and how it is written.

A value that is a paper has its date beside it; its digest is made up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Word:
    """What is declared; `dated` makes it a paper of that day, `until` lets it run out, `details` stand on it."""

    value: str | int | bool | date | list[str]
    dated: date | None = None
    until: date | None = None
    details: tuple[str, ...] = ()


PAPER = Word("No. 17", date(2024, 8, 10))
FIRM = replace(PAPER, details=("firm: Anfang Ltd", "class: class 2", "certificate-until: 2029-08-01"))
OF_MAIN_PROJECT = (
    "design-date: 2024-01-10", "construction-date: 2024-08-10", "system-construction-date: 2024-08-10",
)  # fmt: skip
TESTED = (
    "institution: City testing centre", "accreditation: CMA 2104", "commissioned-by: Datong No. 17 School",
    "outcome: passed",
)  # fmt: skip
UNIT = ("address: Xinjian South Road 17", "credit-code: 91140200MA0K000000", "contact: Li Na, 0352-0000000")
ORGAN = "Pingcheng branch, public security bureau"

DECLARED: Mapping[str, Word] = {
    "national-class": Word("7-2"),
    "key-target": Word(False),
    "scope": Word(True),
    "place-category": Word("7-2"),
    "place-kind": Word("primary school"),
    "legal-unit": Word("Datong No. 17 School", details=UNIT),
    "supervising-organ": Word(ORGAN),
    "required-points": Word(["P1"]),
    "entertainment-venue": Word(False),
    "main-project-date": Word(date(2024, 9, 1), details=OF_MAIN_PROJECT),
    "acceptance-date": Word(date(2024, 8, 20)),
    "trial-from": Word(date(2024, 6, 1)),
    "paper-design-review": replace(PAPER, details=("demonstrated-by: Pingcheng branch", "outcome: passed")),
    "paper-test-report": replace(PAPER, details=TESTED),
    "paper-acceptance": replace(PAPER, details=("took-part: school, Anfang Ltd", "outcome: passed")),
    "paper-design": PAPER,
    "paper-contract": PAPER,
    "paper-device-list": PAPER,
    "paper-other": PAPER,
    "paper-construction": PAPER,
    "filing-datong": Word("DT-2024-88", date(2024, 9, 10), details=(f"organ: {ORGAN}", "affiliation: local")),
    "filing-national": Word("GA-2025-17", date(2025, 6, 10)),
    "filed-cameras": Word(2),
    "filed-storage-days": Word(30),
    "neighbour-consent": PAPER,
    "outsourcing-agreement": PAPER,
    "contractor-design": FIRM,
    "contractor-build": FIRM,
    "contractor-maintenance": FIRM,
    "device-certificates": PAPER,
    "operation-rules": PAPER,
    "approved-accounts": Word(
        ["admin: Administrator", "admin: User", "viewer", "guard"]
    ),  # so that only the missing administrator is left to notice
    "approved-services": Word(["HTTP", "RTSP"]),
    "approved-firmware": Word(["DS-R6: V4.30.085", "DS-7616: V4.61.030"]),
    "flawed-firmware": Word(["DS-7616: V4.30.001"]),
    "access-register": Word(True),
    "maintenance-interval-days": Word(90),
    "maintenance-last": Word(date(2026, 11, 1)),
    "view-library": Word(False),
    "zone-type": Word("entrance"),
    "linked": Word(False),
    "secret": Word(False),
    "signage": PAPER,
    "required-point": Word("P1"),
    "purpose": Word("public safety"),
    "owner": Word("Datong No. 17 School"),
    "maintainer": Word("Anfang Ltd"),
    "position": Word("113.29510, 40.08273"),
    "height-m": Word(3),
    "azimuth-degrees": Word(90),
    "secure-device-level": Word("B"),
}


def declaration(duty: str, word: Word) -> str:
    """Return a word as site.toml has it."""
    value = word.value.isoformat() if isinstance(word.value, date) else json.dumps(word.value)
    rows = [f'duty = "{duty}"', f"value = {value}", 'by = "Li Na"', "at = 2024-09-12"]
    if word.dated is not None:
        digest = hashlib.sha256(duty.encode()).hexdigest()
        rows += [f'sha256 = "{digest}"', f"document_at = {word.dated}"]
    if word.details:
        rows.append(f"details = {json.dumps(word.details)}")
    if word.until is not None:
        rows.append(f"until = {word.until}")
    return "[[declaration]]\n" + "\n".join(rows) + "\n"
