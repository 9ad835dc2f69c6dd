"""Verifies stored rows against a digest beside each, again and again, to detect changes.

A payload has its digest in the row already; `seal` is of SHA-256 over the row's other columns, what was extracted for
views and cases, and the findings, made when the row was written. Neither is a signature: whoever may write the database
can write them, too. They detect a disk, or a hand, that changed a row and did not know of them; the JWS of a report
proves the rest.
"""

from typing import Any, Final

from agent.contract.chain import digest
from agent.hub.domain.retention import may_be_dropped
from agent.hub.domain.rows.keeping import Altered
from agent.hub.domain.view_columns import row_seal_of, seal_of
from agent.hub.stores.case_columns import FINDING
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.bodies import DROPPED, newest_arrival
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import SAID, SEALED, config_out, sealed
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-check/1"
NAMED_MOST: Final = 1000

_ROWS = f"SELECT report.id, {SEALED}, CAST(payload AS BLOB), seal, {SAID} FROM report"  # noqa: S608
_FINDINGS = f"SELECT site, {FINDING} FROM telling_finding JOIN finding ON finding.id = finding_id WHERE report_id = ?"  # noqa: S608


def check_after(store: Database, last_id: int, most: int) -> tuple[int, list[Altered]]:
    """Compare the next rows with their digests; return the id of the last one, 0 behind the end, and what differs."""
    rows = store.all(f"{_ROWS} WHERE report.id > ? ORDER BY report.id LIMIT ?", last_id, most)
    return (rows[-1][0] if rows else 0), _altered(store, rows)


def check(store: Database, sample: int | None) -> dict[str, Json]:
    """Compare every row, or a random sample of this size, with its digests; return what differs."""
    ((of,),) = store.all("SELECT count(*) FROM report_row")
    found: list[Altered] = []
    if sample is not None:
        ids = "SELECT id FROM report_row ORDER BY random() LIMIT ?"
        rows = store.all(f"{_ROWS} WHERE report.id IN ({ids})", sample)
        found, checked = _altered(store, rows), len(rows)
    else:
        last, checked = 0, int(of)
        while True:
            last, more = check_after(store, last, 500)
            found += more
            if not last:
                break
    return {
        "schema": SCHEMA,
        "reports": of,
        "checked": checked,
        "altered": len(found),
        "rows": [
            {"site": one.site, "epoch": one.epoch, "stream": one.stream, "seq": one.seq, "what": one.what}
            for one in found[:NAMED_MOST]
        ],
    }


def _altered(store: Database, rows: list[tuple[Any, ...]]) -> list[Altered]:
    found, newest = [], newest_arrival(store)
    for number, *columns, payload, seal, made_at, config, synced, due_at, event_head in rows:
        is_dropped = payload == DROPPED and may_be_dropped(columns[2], columns[8], newest)
        if not is_dropped and (digest(exact(store, payload)) != columns[4]):
            what = "payload"
        elif not seal:
            what = "seal"
        elif seal != row_seal_of(
            (*sealed(columns), made_at, config_out(config), synced, due_at, event_head),
            map(seal_of, store.all(_FINDINGS, number)),
        ):
            what = "row"
        else:
            continue
        site, epoch, stream, seq, *_ = columns
        found.append(Altered(str(site), str(epoch), str(stream), seq if isinstance(seq, int) else 0, what))
    return found
