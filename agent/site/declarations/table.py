"""Lists what a site must declare because no device can show it: question, subject, and check.

A new declarable is one row, defined in `row.py`. Which declaration counts, for how long, and how cameras inherit it is
decided in `standing.py`; the rule behind a row is its obligation in the rule packs (`rules/`), its details are in
`detail_table.py`.
"""

from dataclasses import replace
from typing import Final

from agent.site.declarations.detail_table import DETAILS
from agent.site.declarations.kinds_of_place import CAPTURE_POSITIONS, FORBIDDEN_ZONES, OPEN_ZONES, PUBLIC_ZONES
from agent.site.declarations.row import (
    NONE,
    PROFILES,
    AskedProfile,
    Choice,
    Condition,
    Declarable,
    Kind,
    Profile,
    Scope,
    counts_in,
)

__all__ = [
    "BY_ID", "DECLARABLES", "FORBIDDEN_ZONES", "KEY_TARGET", "NATIONAL_CLASS", "NONE", "OPEN_ZONES", "PLACE_CATEGORY",
    "PROFILES", "PUBLIC_ZONES", "ZONE_TYPE", "AskedProfile", "Choice", "Condition", "Declarable", "Kind", "Profile",
    "Scope", "counts_in",
]  # fmt: skip

NATIONAL_CLASS: Final = "national-class"
PLACE_CATEGORY: Final = "place-category"
KEY_TARGET: Final = "key-target"
ZONE_TYPE: Final = "zone-type"

_REGULATED: Final = (Condition(NATIONAL_CLASS, ("7-1", "7-2")),)
"""Source: Order 799, article 9(2), which exempts other public places from articles 11, 14, 15, 16(2) and 17; article 33
for places that are not public.
"""

_IN_PUBLIC_SPACE: Final = (Condition(ZONE_TYPE, tuple(choice.value for choice in PUBLIC_ZONES)),)
_ENTERTAINMENT: Final = (Condition("entertainment-venue", (True,)),)
_HOURS: Final = r"([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-9]):[0-5][0-9]"
_FIRMWARE: Final = r"[^:]*[^: ]: ?[^: ][^:]*"

_ROWS: Final[tuple[Declarable, ...]] = (
    # What the rules make of the site.
    Declarable(
        NATIONAL_CLASS, "site", "choice", "technical", "national-class-declared", "cn-799/national-class",
        "Under which article of Order 799 does the system stand?",
        (
            Choice("7-1", "built by government: main roads, bridges, squares, around key units"),
            Choice("7-2", "built by whoever runs the place: shops, schools, hospitals, stations, car parks"),
            Choice("9", "another public place, built by whoever must protect it"),
            Choice("33", "a place that is not public"),
        ),
    ),
    Declarable(
        KEY_TARGET, "site", "flag", "technical", "retention-days", "cn-799/retention-key-target",
        "Is the place designated a key target of terror prevention (footage is then kept for 90 days)?",
    ),
    Declarable(
        "scope", "site", "flag", "filing", "scope-declared", "datong-1-15/scope",
        "Does the system take, carry and keep pictures of an area that touches public safety?",
    ),
    Declarable(
        PLACE_CATEGORY, "site", "choice", "filing", "place-category-declared", "datong-1-15/place-category",
        "In which item of article 7 of the Datong Measures is the place listed?",
        (
            Choice("7-1", "article 7, item 1"),
            Choice("7-2", "article 7, item 2"),
            Choice("7-3", "article 7, item 3"),
            Choice("7-4", "article 7, item 4"),
            Choice("7-5", "article 7, item 5"),
            Choice("8", "in none: built voluntarily (article 8)"),
        ),
    ),
    Declarable(
        "place-kind", "site", "text", "full", "place-category-declared", "datong-1-15/place-category",
        "What kind of place is it, in the words of that item?", example="primary school",
    ),
    Declarable(
        "legal-unit", "site", "text", "filing", "filing-facts-match", "cn-799/filing-facts",
        "Which legal unit answers for the system?", example="Datong No. 17 School",
    ),
    Declarable(
        "storage-capacity-gb", "site", "number", "never", "filing-device-list-match", "datong-1-15/filing-device-list",
        "How many GB do all disks hold together for which no device tells it?", example="48000",
    ),
    Declarable(
        "supervising-organ", "site", "text", "filing", "supervising-organ-declared", "datong-1-15/supervising-organ",
        "Which public security organ supervises it?", example="Pingcheng branch, public security bureau",
    ),
    Declarable(
        "required-points", "site", "list", "filing", "required-point-covered", "datong-1-15/required-points",
        "Which points must have a camera? Their ids, with commas between them.",
        none_means="no point was named by an authority", example="P1, P2",
    ),
    Declarable(
        "entertainment-venue", "site", "flag", "full", "recording-completeness", "cn-799/entertainment-hours",
        "Is it an entertainment venue?",
    ),
    Declarable(
        "business-hours", "site", "text", "full", "recording-completeness", "cn-799/entertainment-hours",
        "When is it open for business? A closing time after midnight counts on from 24.",
        when=_ENTERTAINMENT, like=_HOURS, example="18:00-26:00",
    ),
    # Days.
    Declarable(
        "main-project-date", "site", "date", "filing", "commissioning-order", "datong-1-15/commissioning",
        "On which day was the main project put into use?", none_means="it belongs to no main project",
    ),
    Declarable(
        "acceptance-date", "site", "date", "filing", "acceptance-before-use", "datong-1-15/acceptance-before-use",
        "On which day did the system pass its acceptance?", none_means="it has not passed its acceptance",
    ),
    Declarable(
        "trial-from", "site", "date", "full", "acceptance-before-use", "datong-1-15/acceptance-before-use",
        "On which day did its trial run begin?", none_means="there was no trial run",
    ),
    # Papers: number or title, date and SHA-256.
    Declarable(
        "paper-design-review", "site", "paper", "filing", "acceptance-documents", "datong-1-15/acceptance-documents",
        "Which paper shows that police and experts reviewed the design?",
    ),
    Declarable(
        "paper-test-report", "site", "paper", "filing", "acceptance-documents", "datong-1-15/acceptance-documents",
        "Which paper is the report of the statutory test?",
    ),
    Declarable(
        "paper-acceptance", "site", "paper", "filing", "filing-documents-complete", "datong-1-15/filing-documents",
        "Which paper is the record of acceptance?",
    ),
    Declarable(
        "paper-design", "site", "paper", "filing", "filing-documents-complete", "datong-1-15/filing-documents",
        "Which paper is the design?",
    ),
    Declarable(
        "paper-contract", "site", "paper", "filing", "filing-documents-complete", "datong-1-15/filing-documents",
        "Which paper is the contract?",
    ),
    Declarable(
        "paper-device-list", "site", "paper", "filing", "filing-documents-complete", "datong-1-15/filing-documents",
        "Which paper lists the devices with model, performance and parameters?",
    ),
    Declarable(
        "paper-other", "site", "paper", "filing", "filing-documents-complete", "datong-1-15/filing-documents",
        "Which other paper was filed?", none_means="no other paper was asked for",
    ),
    Declarable(
        "paper-construction", "site", "paper", "full", "archive-complete", "cn-799/archive",
        "Which paper is the record of construction?", when=_REGULATED,
    ),
    Declarable(
        "filing-datong", "site", "paper", "filing", "filing-deadline-datong", "datong-1-15/filing-deadline",
        "Which receipt shows that the system was filed within 30 days of acceptance? Its number; its day is that of "
        "filing.", none_means="it has not been filed",
    ),
    Declarable(
        "filing-national", "site", "paper", "filing", "filing-deadline-national", "cn-799/filing-deadline",
        "Which receipt shows that the system was filed within 30 days of its use? Its number; its day is that of "
        "filing.", when=_REGULATED, none_means="it has not been filed",
    ),
    Declarable(
        "filed-cameras", "site", "number", "filing", "filing-facts-match", "cn-799/filing-facts",
        "How many cameras were filed?", when=_REGULATED, example="64",
    ),
    Declarable(
        "filed-storage-days", "site", "number", "filing", "filing-facts-match", "cn-799/filing-facts",
        "Which storage period was filed, in days?", when=_REGULATED, example="30",
    ),
    Declarable(
        "neighbour-consent", "site", "paper", "full", "secret-neighbour-consent", "cn-799/neighbour-consent",
        "Which paper is the consent of the military or secret unit nearby?", none_means="no such unit is nearby",
    ),
    Declarable(
        "outsourcing-agreement", "site", "paper", "full", "outsourcing-agreement", "cn-799/outsourcing",
        "Which paper binds the firm that runs the system to secrecy?", when=_REGULATED,
        none_means="nobody else runs it",
    ),
    Declarable(
        "contractor-design", "site", "paper", "full", "contractor-qualification", "datong-1-15/contractors",
        "Which firm designed the system, and by which certificate?",
    ),
    Declarable(
        "contractor-build", "site", "paper", "full", "contractor-qualification", "datong-1-15/contractors",
        "Which firm built the system, and by which certificate?",
    ),
    Declarable(
        "contractor-maintenance", "site", "paper", "full", "contractor-qualification", "datong-1-15/contractors",
        "Which firm maintains the system, and by which certificate?", none_means="the site's own people maintain it",
    ),
    Declarable(
        "device-certificates", "site", "paper", "full", "device-cert-declared", "datong-1-15/standards-certificates",
        "Which paper lists the certificates of the devices?",
    ),
    # How it is run.
    Declarable(
        "operation-rules", "site", "paper", "full", "account-inventory", "cn-799/authorised-access",
        "Which paper holds the rules on staff, secrecy and security in force?", when=_REGULATED,
    ),
    Declarable(
        "approved-accounts", "site", "list", "full", "account-inventory", "cn-799/authorised-access",
        "Which accounts may be on the devices? Their names, with commas between them; NAME: LEVEL approves one level "
        "only, and a name alone every level below an administrator's.",
        when=_REGULATED, example="admin: Administrator, guard",
    ),
    Declarable(
        "approved-services", "site", "list", "full", "network-exposure", "cn-799/protection-exposure",
        "Which network services may the devices offer? As the devices name them, with commas between them.",
        when=_REGULATED, example="HTTP, HTTPS, RTSP",
    ),
    Declarable(
        "approved-firmware", "site", "list", "full", "firmware-drift", "cn-799/protection-firmware",
        "Which firmware was approved for which model? MODEL: VERSION, with commas between them.",
        when=_REGULATED, like=_FIRMWARE, example="DS-7616: V4.61.030",
    ),
    Declarable(
        "flawed-firmware", "site", "list", "full", "product-advisory-open", "cn-799/products-advisories",
        "Which firmware of the site's models has a known flaw? MODEL: VERSION, with commas between them.",
        none_means="no flaw is known", like=_FIRMWARE, example="DS-7616: V4.30.085",
    ),
    Declarable(
        "access-register", "site", "flag", "full", "access-register-match", "cn-799/access-register",
        "Is a register of all footage viewings kept?", when=_REGULATED,
    ),
    Declarable(
        "maintenance-interval-days", "site", "number", "full", "maintenance-interval", "cn-799/maintenance",
        "How many days lie between two maintenances?", when=_REGULATED, example="30",
    ),
    Declarable(
        "maintenance-last", "site", "date", "full", "maintenance-interval", "cn-799/maintenance",
        "On which day was it maintained last?", when=_REGULATED,
    ),
    Declarable(
        "view-library", "site", "flag", "full", "view-library-keepalive", "cn-standards/view-library",
        "Is the system linked to a view library (GA/T 1400)?",
    ),
    # Each camera.
    Declarable(
        ZONE_TYPE, "camera", "choice", "technical", "forbidden-zone-declaration", "cn-799/forbidden-places",
        "In what kind of place does the camera hang?", (*OPEN_ZONES, *FORBIDDEN_ZONES),
    ),
    Declarable(
        "linked", "camera", "flag", "technical", "platform-interface-configured", "datong-1-15/platform-interface",
        "Is the camera linked to the police platform?",
    ),
    Declarable(
        "audio-allowed", "camera", "flag", "never", "audio-undeclared", "cn-799/forbidden-audio",
        "May the camera take sound?",
    ),
    Declarable(
        "stream-design", "camera", "text", "never", "stream-profile-conforms", "datong-1-15/standards-stream",
        "How was its main stream designed? Codec, resolution and, where it matters, frames per second.",
        like=r"[A-Za-z0-9.]+ [0-9]+x[0-9]+( [0-9]+(\.[0-9]+)?)?", example="H265 2560x1440 25",
    ),
    Declarable(
        "secret", "camera", "flag", "filing", "secrecy-scope-declared", "datong-1-15/secrecy",
        "Does the camera show a state or commercial secret?",
    ),
    Declarable(
        "install-authority", "camera", "paper", "filing", "install-authority-declared", "datong-1-15/install-authority",
        "Which paper gives the authority to install a camera in public space?", when=_IN_PUBLIC_SPACE,
        none_means="there is no authority for it",
    ),
    Declarable(
        "signage", "camera", "paper", "filing", "signage-declared", "cn-799/signage",
        "Which photo shows the sign that tells of the camera?",
    ),
    Declarable(
        "required-point", "camera", "text", "never", "required-point-covered", "datong-1-15/required-points",
        "Which required point does the camera cover?", example="P1",
    ),
    Declarable(
        "name-reviewed", "camera", "list", "never", "forbidden-zone-name-hint", "cn-799/forbidden-places-hint",
        "Which names and overlay texts that speak of a private place did somebody look into, and found none?",
        example="Corridor before the toilets",
    ),
    Declarable(
        "capture-position", "camera", "text", "never", "platform-facts-match", "cn-standards/platform-facts",
        "Which kind of place is it for the police platform? Seven digits of GB/T 28181, annex O; here are some.",
        CAPTURE_POSITIONS, like="[0-9]{7}", example="0010000",
    ),
    Declarable(
        "data-sheet", "camera", "text", "never", "filing-device-list-match", "datong-1-15/filing-device-list",
        "By which data sheet are the camera's model and parameters declared, where its device does not tell them?",
        example="maker's data sheet, 2024-03",
    ),
    Declarable(
        "purpose", "camera", "text", "full", "camera-file-complete", "cn-standards/camera-file",
        "For which purpose of public safety is the camera there?", example="watch the main gate",
    ),
    Declarable(
        "owner", "camera", "text", "full", "camera-file-complete", "cn-standards/camera-file",
        "Which unit owns the camera?", example="Datong No. 17 School",
    ),
    Declarable(
        "maintainer", "camera", "text", "full", "camera-file-complete", "cn-standards/camera-file",
        "Who mends the camera?", example="Jinbei Security Engineering",
    ),
    Declarable(
        "position", "camera", "text", "full", "camera-file-complete", "cn-standards/camera-file",
        "Where is the camera? Longitude and latitude in degrees.",
        like=r"-?[0-9]{1,3}(\.[0-9]{1,9})?, ?-?[0-9]{1,2}(\.[0-9]{1,9})?", example="113.29510, 40.08273",
    ),
    Declarable(
        "height-m", "camera", "number", "full", "camera-file-complete", "cn-standards/camera-file",
        "How high does the camera hang, in metres?", example="3.5",
    ),
    Declarable(
        "azimuth-degrees", "camera", "number", "full", "camera-file-complete", "cn-standards/camera-file",
        "Which way does the camera look, in degrees from north, clockwise?", example="135",
    ),
    Declarable(
        "secure-device-level", "camera", "choice", "full", "secure-device-level", "cn-standards/secure-device",
        "Which level of GB 35114 does the camera have?",
        (Choice("none", "none"), Choice("A", "A: it proves its identity"), Choice("B", "B: it signs its video too"),
         Choice("C", "C: it signs and encrypts its video")),
    ),
)  # fmt: skip

DECLARABLES: Final = tuple(replace(row, details=DETAILS.get(row.id, ())) for row in _ROWS)
"""In the order of the questions: a row comes after those it depends on."""

BY_ID: Final = {row.id: row for row in DECLARABLES}
