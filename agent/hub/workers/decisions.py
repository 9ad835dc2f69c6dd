"""Orders sites to show the hub's decision beside a disputed finding, again until each has answered.

Decides when a decision is ordered anew: its command has expired, and nobody has answered. That costs one command a day
at a site that is away, or too old to know it. A decision changes no status of a check and no report that was stored.
"""

from datetime import datetime, timedelta
from typing import Final

from agent.contract.disputes import Decided, Outcome
from agent.contract.signing_keys import Signer
from agent.hub.ports.store import Store
from agent.hub.workers.orders import order_decide
from agent.model.errors import UsageError
from agent.model.finding import Json

WITHIN: Final = timedelta(days=1)
AGAIN_FOR: Final = timedelta(days=90)
"""For how long a decision is ordered anew."""


def decide(
    store: Store, signer: Signer, site: str, dispute: str, outcome: Outcome, by: str, why: str, now: datetime
) -> Decided:
    """Decide on a dispute of a site; the running hub tells it. A later decision takes the place of an earlier one.

    Args:
        store: The hub's.
        signer: The hub's key, which the site has pinned.
        site: Its id.
        dispute: The id of the dispute, or how it begins, if no other one does.
        outcome: What becomes of the finding.
        by: Who has decided.
        why: The reason, for whoever disputes.
        now: When.

    Raises:
        UsageError: There is no such dispute, or the words cannot be sent.
        StoreFailed: Nothing has changed.
    """
    with store.transaction():
        row = store.disputes.find(site, dispute)
        now = now.replace(microsecond=0)
        if row.decision is not None and row.decision.at >= now:
            raise UsageError("dispute {id} was decided a moment ago; try again", id=row.said.id[:8])
        word = Decided(
            dispute=row.said.id, check=row.said.check, subject=row.said.subject, outcome=outcome, by=by, why=why, at=now
        )
        command = order_decide(store, signer, site, word, now, WITHIN)
        store.disputes.decide(site, word, command.id)
    return word


def order_due(store: Store, signer: Signer, now: datetime) -> list[dict[str, Json]]:
    """Order anew the decisions whose command expired unanswered; return the events to log. Within a transaction."""
    told: list[dict[str, Json]] = []
    for site, dispute in store.commands.expired_decisions(now - AGAIN_FOR, now):
        word = store.disputes.find(site, dispute).decision
        if word is not None and now - word.at < AGAIN_FOR:
            command = order_decide(store, signer, site, word, now, WITHIN)
            store.disputes.decide(site, word, command.id)
            told.append({"event": "decision-again", "site": site, "id": command.id, "dispute": dispute})
    return told
