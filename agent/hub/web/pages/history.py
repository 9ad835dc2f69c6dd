"""Shows one finding of a site: the times in which it was open, what people said of it, and the reports that told it."""

from collections.abc import Mapping
from dataclasses import dataclass

from agent.hub.stores import trust
from agent.hub.stores.findings import FindingRow, Stretch, Wanted, findings
from agent.hub.stores.reading.of_finding import LOOKED_AT_MOST, EnvelopeRow, envelopes_of, stretches_of
from agent.hub.stores.scoped import may_see, may_see_finding
from agent.hub.stores.store import Store
from agent.hub.stores.words import Word, words_of
from agent.hub.web.asked import Asked, Missing, Reply
from agent.hub.web.pages.shown import shown
from agent.verify.bindings import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One finding. `now` None: it is not open. `keys`: what this hub knows of the keys of its site, by kid.

    `searched`: in so many of the newest reports of the site the envelopes were looked for.
    """

    site: str
    check: str
    subject: str
    now: FindingRow | None
    stretches: tuple[Stretch, ...]
    words: tuple[Word, ...]
    envelopes: tuple[EnvelopeRow, ...]
    keys: Mapping[str, Binding]
    searched: int = LOOKED_AT_MOST


def read_history(store: Store, site: str, check: str, subject: str) -> HistoryPage | None:
    """Return the page of a finding; None where the hub has never heard of it."""
    key = (check, subject)
    is_open = next(
        (one for one in findings(store, Wanted(site=site, check=check)) if (one.check, one.subject) == key), None
    )
    stretches = tuple(stretches_of(store, site, check, subject))
    envelopes = tuple(envelopes_of(store, site, check, subject))
    if is_open is None and not stretches and not envelopes:
        return None
    return HistoryPage(
        site=site,
        check=check,
        subject=subject,
        now=is_open,
        stretches=stretches,
        words=tuple(word for word in words_of(store, site) if (word.check, word.subject) == key),
        envelopes=envelopes,
        keys={one.kid: one for one in trust.of_site(store.directory, site)},
    )


def answer(asked: Asked) -> Reply:
    """Return the page of one finding. Raises Missing where there is none, or none that this person may see."""
    site, check, subject = asked.path_values["site"], asked.query.get("check", ""), asked.query.get("subject", "")
    found = read_history(asked.store, site, check, subject) if may_see(asked.store, asked.scope, site) else None
    if found is None or (found.now and not may_see_finding(asked.store, asked.scope, (site, check, subject))):
        raise Missing("there is no such page")
    return shown(asked, "history.html.j2", p=found, forms=())
