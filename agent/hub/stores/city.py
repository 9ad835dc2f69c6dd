"""Queries what is known of all sites together: pages of names, sums, and who is behind. Reads only."""

from agent.hub.stores.database import ALL, Database


def site_page(store: Database, after: str | None, most: int) -> tuple[list[str], int, bool]:
    """Return the sites behind one by name, at most so many, how many there are in all, and whether more follow.

    Those that are known, and those that are only counted: what came under no name that a site can have has none.
    `after` None: from the first on. `most` -1: all.
    """
    of_all = "(SELECT site FROM site UNION SELECT DISTINCT site FROM count) AS named"
    where = f"SELECT site FROM {of_all} WHERE site > ? OR ? = 1 ORDER BY site LIMIT ?"  # noqa: S608
    rows = store.all(where, after or "", after is None, most + 1 if most >= 0 else ALL)
    ((number,),) = store.all(f"SELECT count(*) FROM {of_all}")  # noqa: S608
    found = [site for (site,) in rows]
    return (found[:most], number, len(found) > most) if most >= 0 else (found, number, False)


def site_contacts(store: Database) -> list[tuple[str, str, str]]:
    """Return name, status and time of arrival of the newest health report (empty: none) of every site, by name."""
    return store.all("SELECT site, status, health_at FROM site ORDER BY site")


def counts_summed(store: Database) -> dict[str, int]:
    """Return the counters, summed over the sites."""
    return {name: int(number) for name, number in store.all("SELECT name, sum(n) FROM count GROUP BY name")}


def lags(store: Database) -> dict[str, int]:
    """Return of how many reports that a site has made in its present epoch nothing is confirmed, by site."""
    rows = store.all(
        "SELECT c.site, sum(c.expected - c.seq) FROM chain c JOIN site s USING (site, epoch)"
        " WHERE c.expected > c.seq GROUP BY c.site ORDER BY c.site"
    )
    return {site: int(behind) for site, behind in rows}
