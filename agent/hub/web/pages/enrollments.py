"""Lists the tokens and certificates of the enrollment desk, as `hub enroll list` does. No token's secret is here."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from agent.hub.enroll.listing import write_enrollments
from agent.hub.enroll.place import FOLDER
from agent.hub.stores.engines import files_of, open_enroll
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import ROWS_MOST, shown
from agent.model.finding import Json


@dataclass(frozen=True, slots=True)
class EnrollmentsPage:
    """Rows as `hub enroll list --json` has them. `has_desk`: there is a desk in this hub's data at all."""

    has_desk: bool
    tokens: tuple[dict[str, Json], ...] = ()
    certificates: tuple[dict[str, Json], ...] = ()


def read_enrollments(data: Path, now: datetime, may_see: Callable[[str], bool], site: str = "") -> EnrollmentsPage:
    """Return what the desk has issued to one site, or to all that may be seen. A desk is never made here."""
    folder = data / FOLDER
    if not files_of(folder).has_desk(folder):
        return EnrollmentsPage(False)
    with closing(open_enroll(folder)) as store:
        told = write_enrollments(store, now)
    tokens, certificates = (
        tuple(one for one in told[name] if site in ("", one["site"]) and may_see(str(one["site"])))
        for name in ("tokens", "certificates")
    )
    return EnrollmentsPage(True, tokens, certificates)


def answer(asked: Asked) -> Reply:
    """Return the page of enrollments."""
    scope = asked.scope

    def may_see(site: str) -> bool:
        return scope.everything or asked.store.seen.may_see(scope, site)

    found = read_enrollments(asked.place.directory, asked.now, may_see, asked.query.get("site", "").strip())
    return shown(asked, "enrollments.html.j2", p=found, shown_most=ROWS_MOST)
