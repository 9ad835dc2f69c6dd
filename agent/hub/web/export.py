"""Writes open findings as a table for spreadsheets; each export is one row of the audit log."""

import csv
import io
from contextlib import closing
from dataclasses import asdict, fields
from typing import Final

from agent.hub.domain.rows.findings import FindingRow
from agent.hub.views.people import speaker
from agent.hub.web.acts import record
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.filters import OF_FINDINGS, refuse_others, wanted_findings
from agent.hub.web.people.store import People
from agent.model.errors import UsageError
from agent.text.harmless import csv_cell

ROWS_MOST: Final = 20_000

COLUMNS: Final = tuple(field.name for field in fields(FindingRow))


def export_findings(asked: Asked) -> Reply:
    """Return all open findings that an address asks for, as `hub findings --csv` does. Raises UsageError: too many."""
    refuse_others(asked, *OF_FINDINGS)
    wanted = wanted_findings(asked)
    found = asked.store.findings.page(wanted, most=ROWS_MOST + 1)
    if len(found) > ROWS_MOST:
        raise UsageError("these are more than {most} findings: filter them, or use the command", most=ROWS_MOST)
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    speak = speaker(asked.store)
    writer.writerows([csv_cell(speak(str(value))) for value in asdict(one).values()] for one in found)
    what = " ".join(("findings", *(f"{name}={asked.query[name]}" for name in OF_FINDINGS if asked.query.get(name))))
    with closing(People(asked.place.directory)) as people:
        record(asked, people, "export", f"{what} ({len(found)})")
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"'}
    return Reply(200, "text/csv; charset=utf-8", written.getvalue().encode("utf-8-sig"), headers)
