"""Shows one finding of a site: its times, the words of people on it, and the reports that have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.findings import FindingRow, Stretch, Wanted
from agent.hub.domain.rows.seen import LOOKED_AT_MOST, EnvelopeRow
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_trust
from agent.hub.web.asked import Asked, Missing, Reply
from agent.hub.web.pages.shown import shown
from agent.hub.web.people.person import Role, is_at_least
from agent.hub.web.speaking import finding_path
from agent.model.finding import Message
from agent.text.translate import render
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
        (one for one in store.findings.page(Wanted(site=site, check=check)) if (one.check, one.subject) == key), None
    )
    stretches = tuple(store.envelopes.stretches(site, check, subject))
    envelopes = tuple(store.envelopes.of_finding(site, check, subject))
    if is_open is None and not stretches and not envelopes:
        return None
    return HistoryPage(
        site=site,
        check=check,
        subject=subject,
        now=is_open,
        stretches=stretches,
        words=tuple(word for word in store.words.of_site(site) if (word.check, word.subject) == key),
        envelopes=envelopes,
        keys=open_trust(store.directory).of_sites(site, site).bindings,
    )


def answer(asked: Asked) -> Reply:
    """Return the page of one finding. Raises Missing where there is none, or none that this person may see."""
    store, scope = asked.store, asked.scope
    key = (asked.path_values["site"], asked.path_values["check"], asked.path_values["subject"])
    found = read_history(store, *key) if store.seen.may_see(scope, key[0]) else None
    if found is None or not (_may_see_past(scope) if found.now is None else store.seen.may_see_finding(scope, key)):
        raise Missing("there is no such page")
    return shown(
        asked,
        "history.html.j2",
        p=found,
        here=finding_path(*key),
        forms=_forms(asked) if found.now else (),
        today=asked.now.astimezone(CHINA).date().isoformat(),
    )


def _may_see_past(scope: Scope) -> bool:
    """Return whether what is over may be seen: of whom it was, no table says."""
    return scope.everything or not scope.maintainers


@dataclass(frozen=True, slots=True)
class Form:
    """A form by which somebody says something of a finding. `fields`: name, label, kind and whether it is needed."""

    action: str
    heading: str
    fields: tuple[tuple[str, str, str, bool], ...]


def _forms(asked: Asked) -> tuple[Form, ...]:
    """Return the forms that this person may send."""
    if asked.person is None:
        return ()
    return tuple(
        Form(
            f"/findings/{act}",
            render(heading, asked.lang),
            tuple((name, render(label, asked.lang), kind, needed) for name, label, kind, needed in fields),
        )
        for act, least, heading, fields in ACTS
        if is_at_least(asked.person.role, least)
    )


ACTS: Final[tuple[tuple[str, Role, Message, tuple[tuple[str, Message, str, bool], ...]], ...]] = (
    (
        "assign", "operator", Message("Assign"),
        (("to", Message("to whom"), "text", True), ("due", Message("due on"), "date", True),
         ("why", Message("what is to be done"), "textarea", False)),
    ),
    (
        "acknowledge", "operator", Message("Acknowledge"),
        (("until", Message("last day on which that counts"), "date", True),
         ("why", Message("the reason"), "textarea", True)),
    ),
    (
        "plan", "supervisor", Message("Plan the repair"),
        (("until", Message("planned to be done by"), "date", True), ("why", Message("the reason"), "textarea", True)),
    ),
    ("comment", "maintainer", Message("Comment"), (("text", Message("text"), "textarea", True),)),
)  # fmt: skip
"""What may be said of an open finding: the route, its least role, what it is called, and the fields of its form."""
