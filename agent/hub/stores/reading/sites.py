"""Queries the sites that somebody may see, page by page, with what is open at each. Reads only."""

from typing import Final

from agent.hub.domain.rows.seen import ListedSite
from agent.hub.domain.scope import Scope
from agent.hub.stores.database import Database
from agent.hub.stores.reading import scoped

_OPEN: Final = "(SELECT count(*) FROM finding_now f WHERE f.site = s.site AND +f.status = '{}' AND {})"


def sites_listed(store: Database, scope: Scope, division: tuple[str, str], after: str, most: int) -> list[ListedSite]:
    """Return sites behind one by name, at most so many, in divisions from one code to before another."""
    seen, of_seen = scoped.of_site(scope, "s.site")
    open_seen, of_open = scoped.of_finding(store, scope, "f")
    counts = ", ".join(_OPEN.format(status, open_seen) for status in ("fail", "warn", "unknown"))
    rows = store.all(
        "SELECT s.site, s.city, coalesce(d.division, ''), coalesce(o.name, ''), s.status, s.arrived_at, s.health_at,"  # noqa: S608
        f" coalesce(n.made_at, ''), coalesce(n.cameras, 0), {counts}"
        " FROM site s LEFT JOIN site_now n ON n.site = s.site LEFT JOIN operator o ON o.site = s.site"
        f" LEFT JOIN {scoped.MAIN}"
        f" WHERE s.site > ? AND coalesce(d.division, '') >= ? AND coalesce(d.division, '') < ? AND {seen}"
        " ORDER BY s.site LIMIT ?",
        *(*of_open * 3, after, *division, *of_seen, most),
    )
    names = ListedSite.__dataclass_fields__
    return [ListedSite(**dict(zip(names, row, strict=True))) for row in rows]


def sites_counted(store: Database, scope: Scope, division: tuple[str, str]) -> int:
    """Return how many sites there are in such divisions that may be seen."""
    seen, of_seen = scoped.of_site(scope, "s.site")
    ((number,),) = store.all(
        f"SELECT count(*) FROM site s LEFT JOIN {scoped.MAIN}"  # noqa: S608
        f" WHERE coalesce(d.division, '') >= ? AND coalesce(d.division, '') < ? AND {seen}",
        *(*division, *of_seen),
    )
    return int(number)
