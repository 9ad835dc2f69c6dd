"""Queries what is known of all sites together: pages of names, sums, and who is behind. Reads only."""

from agent.hub.stores.store import Store


def site_page(store: Store, after: str, most: int) -> tuple[list[str], int]:
    """Return the sites behind one by name, at most so many, and how many there are in all: known or only counted."""
    of_all = "(SELECT site FROM site UNION SELECT DISTINCT site FROM count)"
    rows = store.all(f"SELECT site FROM {of_all} WHERE site > ? OR ? = '' ORDER BY site LIMIT ?", after, after, most)  # noqa: S608
    ((number,),) = store.all(f"SELECT count(*) FROM {of_all}")  # noqa: S608
    return [site for (site,) in rows], number


def site_contacts(store: Store) -> list[tuple[str, str, str]]:
    """Return name, status and time of arrival of the newest health report (empty: none) of every site, by name."""
    return store.all("SELECT site, status, health_at FROM site ORDER BY site")


def counts_summed(store: Store) -> dict[str, int]:
    """Return the counters, summed over the sites."""
    return dict(store.all("SELECT name, sum(n) FROM count GROUP BY name"))


def lags(store: Store) -> dict[str, int]:
    """Return of how many reports that a site has made in its present epoch nothing is confirmed, by site."""
    rows = store.all(
        "SELECT c.site, sum(max(0, c.expected - c.seq)) AS behind FROM chain c JOIN site s USING (site, epoch)"
        " WHERE c.expected > c.seq GROUP BY c.site ORDER BY c.site"
    )
    return dict(rows)
