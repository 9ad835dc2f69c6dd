"""Exports saved questions when they are due, on a thread and a connection to the database of its own.

So a folder that hangs, or a question that takes long, holds up no intake. Of what was missed while no hub ran, the
newest is made, once. What fails is tried again, and kept in words for `hub doctor`. A hub that ends between writing the
files and storing that they are there writes them again, under another name.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.asking.saved import Due, Exported, Format, due_export
from agent.hub.domain.figures import CHINA, china_day
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.views.asking.exports import about
from agent.hub.views.asking.saved import question_of
from agent.hub.views.asking.tables import csv_text, workbook_bytes
from agent.hub.workers.exports.files import prune, write_new
from agent.hub.workers.intake import Event
from agent.model.errors import AgentError, UsageError, os_words

LOG = logging.getLogger("camwarden.hub")

LOOK_S: Final = 30.0
AGAIN: Final = timedelta(minutes=10)
"""So long after a failure it is tried again."""
END_WITHIN_S: Final = 2.0


@dataclass(slots=True)
class Exports:
    """When an export that failed is tried again, by the name of its question."""

    again_at: dict[str, datetime] = field(default_factory=dict)

    def look(self, store: Store, now: datetime, tell: Callable[[Event], None]) -> None:
        """Make each export that is due. Raises StoreFailed."""
        for saved in store.saved.listed():
            went = store.saved.exported(saved.name)
            due = due_export(saved, went, now)
            waits = self.again_at.get(saved.name, now) - now
            if due is None or timedelta() < waits <= AGAIN:  # longer by a clock that went ahead
                continue
            try:
                files = make(store, due, now)
            except (UsageError, OSError) as error:
                self._failed(store, saved.name, went, error, now, tell)
                continue
            self.again_at.pop(saved.name, None)
            made = Exported(due_at=utc_text(due.at), made_at=utc_text(now), missed=due.missed)
            store.saved.keep_exported(saved.name, made)
            tell({"event": "exported", "question": saved.name, "files": list(files), "missed": due.missed})
            try:
                prune(due.schedule.folder, saved.name, due.schedule.keep)
            except OSError as error:
                self._failed(store, saved.name, made, error, now, tell)

    def _failed(
        self, store: Store, name: str, went: Exported, error: Exception, now: datetime, tell: Callable[[Event], None]
    ) -> None:
        why = str(os_words(error)) if isinstance(error, OSError) else str(error)
        self.again_at[name] = now + AGAIN
        store.saved.keep_exported(name, replace(went, failing_since=went.failing_since or utc_text(now), why=why))
        if why != went.why:
            LOG.warning("the export of %s: %s", name, why)
            tell({"event": "export-fails", "question": name, "why": why})


def make(store: Store, due: Due, now: datetime) -> list[str]:
    """Answer a question and write the answer; return the names of the files. Raises UsageError, OSError."""
    schedule, asked = due.schedule, question_of(store, due.saved, china_day(now))
    answer = store.questions.answer(asked, schedule.scope)
    said = about(store, due, asked, answer, now)
    rendered: dict[Format, Callable[[], bytes]] = {
        "csv": lambda: csv_text(asked, answer, said).encode("utf-8-sig"),
        "xlsx": lambda: workbook_bytes(asked, answer, schedule.lang, said),
    }
    contents = {kind: rendered[kind]() for kind in schedule.formats}
    return write_new(schedule.folder, due.saved.name, due.at.astimezone(CHINA).date(), contents)


@contextmanager
def exporting(directory: Path, clock: Callable[[], datetime], tell: Callable[[Event], None]) -> Iterator[None]:
    """Make exports while the block runs. What hangs at its end is left: it is made again."""
    ended = threading.Event()

    def run() -> None:
        exports = Exports()
        while not ended.wait(LOOK_S):
            try:
                with closing(open_store(directory)) as store:
                    while not ended.wait(LOOK_S):
                        exports.look(store, clock(), tell)
            except AgentError as error:
                LOG.warning("exports of saved questions wait: %s", error)

    thread = threading.Thread(target=run, name="exports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(END_WITHIN_S)
