"""Lists the texts of the page of what a hub has verified: headings, columns, explanations, all msgids."""

from collections.abc import Mapping
from typing import Final

COLUMNS: Final = (
    ("camera-online", "online"),
    ("privacy-mask-present", "mask listed"),
    ("privacy-mask-geometry", "mask place"),
    ("privacy-mask-effective", "hidden in pictures"),
    ("retention-days", "retention"),
    ("recording-completeness", "complete"),
    ("recording-tamper", "unchanged"),
    ("clock-offset", "clock"),
    ("stream-auth-required", "login"),
)
"""The checks that the table of cameras shows, and what each column is called."""

WORDS: Final[Mapping[str, str]] = {
    "title": "What a hub has verified of a site",
    "page": "camwarden report",
    "colon": ": ",
    "comma": ", ",
    "brief": "as seen at {at} ({zone})",
    "place": "site {site}, city {city}, division {division}",
    "worth_link": "what this is worth",
    "open": "Open findings",
    "status": "status",
    "where": "where",
    "what": "what was found, and the next step",
    "rule": "rule",
    "same_cause": "same cause",
    "nothing_open": "Nothing is open: every check that is due passes.",
    "cameras": "Cameras",
    "levels": "what the passes rest on",
    "camera": "camera",
    "no_code": "no code: provisional",
    "not_due": "not due",
    "cameras_note": "A dashed frame marks a result that shares the cause of another finding. Unknown is never a pass. "
    "Told: the device says so itself; seen: the site's camwarden measured it or saw it in a picture.",
    "paths": "Private zones, path by path",
    "paths_column": "zone: verdict on each path on which its picture leaves",
    "footage": "Footage kept",
    "no_recorded": "No camera is declared as recorded.",
    "worth": "What this page is worth, and where it comes from",
    "rates": "Measured error rates of the checks behind it:",
    "signed_by": "signed by",
    "report": "report",
    "at_hub": "at the hub",
    "counts": "{sent} reports sent, {verified} verified, {confirmed} confirmed",
}

OUTCOMES: Final[Mapping[str, str]] = {
    "upheld": "the finding stands",
    "overturned": "the finding was wrong",
    "remedied": "the finding was right and is mended",
}
"""What the hub decided of a dispute."""
