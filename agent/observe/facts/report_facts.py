"""Defines the facts of the site's own reports: whether they are signed, and what their bytes contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Held = Literal["picture", "login", "stream-address"]
"""What no report may hold."""


@dataclass(frozen=True, slots=True)
class OwnReports:
    """The newest reports of this site in the spool, exact bytes.

    `kid`: the signing key. `looked`: number of reports examined; `by_key`: those since the newest rotation, which that
    key must have signed. `unsigned` names those whose signature does not verify, with the reason; `holding` those with
    forbidden content, with its kind. `unread`: why the spool could not be read, or empty.
    """

    kid: str
    looked: int = 0
    by_key: int = 0
    unsigned: tuple[tuple[str, str], ...] = ()
    holding: tuple[tuple[str, Held], ...] = ()
    unread: str = ""
