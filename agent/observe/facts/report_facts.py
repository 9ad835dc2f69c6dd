"""Defines the facts of the site's own reports: whether they are signed, and what their bytes contain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Held = Literal["picture", "login", "stream-address"]
"""What no report may hold."""


@dataclass(frozen=True, slots=True)
class OwnReports:
    """The newest reports of this site as they lie in the spool, exact bytes.

    `kid`: the key that signs here. `looked`: how many reports were looked at; `by_key`: how many of them that key must
    have signed, those since the newest rotation. `unsigned` names those whose signature does not verify with it, with
    the reason; `holding` those whose bytes hold what no report may, with what it is. `unread`: why the spool could not
    be read, empty where it could.
    """

    kid: str
    looked: int = 0
    by_key: int = 0
    unsigned: tuple[tuple[str, str], ...] = ()
    holding: tuple[tuple[str, Held], ...] = ()
    unread: str = ""
