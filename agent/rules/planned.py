"""Checks that the packs name and nobody has written yet: the duties that no finding speaks of.

Who writes one takes its line out here; a test holds this list against the packs and the table of checks.
"""

from __future__ import annotations

from typing import Final

PLANNED: Final = frozenset(
    {
        "acceptance-before-use",
        "acceptance-documents",
        "access-register-match",
        "archive-complete",
        "audit-log-retention",
        "camera-file-complete",
        "camera-good-rate",
        "camera-lost",
        "camera-online-rate",
        "commissioning-order",
        "config-survives-reboot",
        "contractor-qualification",
        "default-credential",
        "device-cert-declared",
        "export-log-present",
        "filing-change-pending",
        "filing-deadline-datong",
        "filing-deadline-national",
        "filing-device-list-match",
        "filing-documents-complete",
        "filing-facts-match",
        "filing-legacy",
        "forbidden-zone-declaration",
        "forbidden-zone-name-hint",
        "inspection-bundle-ready",
        "install-authority-declared",
        "maintenance-interval",
        "national-class-declared",
        "outage-duration",
        "outsourcing-agreement",
        "place-category-declared",
        "platform-catalog-complete",
        "platform-interface-configured",
        "platform-keepalive",
        "platform-registered",
        "platform-stream-playable",
        "report-no-image",
        "report-signed",
        "required-point-covered",
        "scope-declared",
        "secrecy-scope-declared",
        "secret-neighbour-consent",
        "secure-device-level",
        "signage-declared",
        "supervising-organ-declared",
        "view-library-keepalive",
    }
)
