"""Connects each method of the port of endpoints to its SQL, as `agent/hub/stores/areas.py` does for the others."""

from agent.hub.stores.areas import on
from agent.hub.stores.database import Database
from agent.hub.stores.telling import hooks


class Webhooks:
    """See `agent/hub/ports/webhooks.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, hooks.keep)
        self.remove = on(db, hooks.remove)
        self.listed = on(db, hooks.listed)
        self.progress = on(db, hooks.progress)
        self.keep_progress = on(db, hooks.keep_progress)
        self.note = on(db, hooks.note)
        self.happened = on(db, hooks.happened)
        self.forget = on(db, hooks.forget)
        self.next_number = on(db, hooks.next_number)
        self.queue = on(db, hooks.queue)
        self.drop = on(db, hooks.drop)
        self.due = on(db, hooks.due)
        self.waiting = on(db, hooks.waiting)
        self.oldest = on(db, hooks.oldest)
        self.states = on(db, hooks.states)
        self.keep_states = on(db, hooks.keep_states)
        self.forget_states = on(db, hooks.forget_states)
        self.late_repairs = on(db, hooks.late_repairs)
