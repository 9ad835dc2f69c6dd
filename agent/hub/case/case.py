"""Writes a case: everything that the hub holds about one check of one site in a time, so that others can judge.

Decides which reports bear on it: all of the span in each stream, from the configuration report before it, which has the
status at its begin, to the first ones after it, and everything between, so that a chain inside the case has only holes
that the hub has too. Of each chain the last report has its receipt of the hub's log. The same database, log, trust file
and key give the same bytes. `agent/hub/case/history.py` calculates
the status over time; nothing here calls it right or wrong. Reads columns written at intake
(`agent/hub/stores/case_columns.py`); the signed bytes are only handed out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Final

from agent.contract.chain import STREAMS, utc_text
from agent.contract.envelope import flatten
from agent.contract.jwk import jwk_set, public_key
from agent.contract.signing_keys import Signer
from agent.contract.watermark import SEQ_MAX
from agent.hub.case.asked import asked, asked_json, duty_json
from agent.hub.case.contested import beside, contested
from agent.hub.case.history import CheckReport, StatusSpan, durations, history
from agent.hub.case.named import named
from agent.hub.case.pages import NAMES, About, readme
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.domain.rows.people import Author
from agent.hub.domain.rows.reports import StoredReport, evidence_of
from agent.hub.log.receipts import Place, receipts_of
from agent.hub.log.stamped import StampedCheckpoint, earliest_over
from agent.hub.ports.log import LogStore
from agent.hub.ports.store import Store
from agent.hub.views.disputes.row import row_json
from agent.hub.workers.resend import run_json
from agent.model.errors import UsageError
from agent.model.finding import Json, StreamName, listed
from agent.verify.archive import pack
from agent.verify.bindings import Binding, Trust
from agent.verify.checkpoint import Checkpoint
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.manifest import write_manifest
from agent.verify.members import time_of
from agent.verify.message import Gap
from agent.version import VERSION

SCHEMA: Final = "camwarden-case/1"
REPORTS_MOST: Final = 100_000

Places = Mapping[tuple[str, StreamName], tuple[int, int]]
"""Epoch and stream -> first and last number."""

Ends = Mapping[tuple[str, StreamName], tuple[int, int]]
"""Epoch and stream -> highest number before a time, lowest number behind it."""

Times = Mapping[StreamName, list[tuple[str, int, datetime]]]
"""Stream -> epoch, number and the site's own time of each report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it is written, and its summary. `first_at`, `last_at`: times of its reports, and the time asked for."""

    data: bytes
    rows: tuple[StatusSpan, ...]
    envelopes: int
    missing: int
    first_at: datetime
    last_at: datetime


def write_case(
    store: Store,
    trust: Trust,
    signer: Signer,
    site: str,
    check: str,
    start: datetime,
    end: datetime,
    log: LogStore | None = None,
    stamped: Sequence[StampedCheckpoint] = (),
) -> Case:
    """Return the case of one check of one site from `start` (included) to `end`; `log` gives the receipts in it.

    A receipt is under the earliest of `stamped` that has its report, which then lies beside it with its stamp.

    Raises:
        UsageError: The site or the check is not known here, the time is empty, or too much for one case.
        ConfigurationError: The log has another report in the place of one: the database was changed.
    """
    if start >= end:
        raise UsageError("--from must be before --to")
    if store.epoch_of(site) is None:
        raise UsageError("no verified report of site {site!r} is here; see `camwarden hub status`", site=site)
    order = {epoch: number for number, (epoch, _, _) in enumerate(store.sites.epochs(site))}
    times = {stream: _times(store, site, stream) for stream in STREAMS}
    before = [(order.get(epoch, 0), seq, at) for epoch, seq, at in times["config"] if at <= start]
    begin = max(before)[2] if before else start
    places = _places(times, order, begin, start, end)
    stored = [report for key, run in sorted(places.items()) for report in store.reports.stored(site, *key, *run)]
    if not stored:
        raise UsageError("no report of site {site} bears on this time; see `camwarden hub status`", site=site)
    dated = {(epoch, stream, seq): at for stream, of in times.items() for epoch, seq, at in of}
    dropped = [one for one in stored if not one.payload and (one.epoch, one.stream, one.seq) in dated]
    gone = {(report.epoch, report.stream, report.seq) for report in dropped}
    told = [
        one
        for key, run in sorted(places.items())
        for one in _reports(store, site, check, key, run, order)
        if (one.epoch, one.stream, one.seq) not in gone  # nobody could verify what it would say
    ]
    if not any(one.findings for one in told):
        known = {name for key, run in places.items() for name in store.reports.checks(site, *key, *run)}
        names = listed(sorted(known) or ["no check"])
        values = {"site": site, "check": check, "names": names}
        raise UsageError("no report of site {site} tells of {check!r} in this time; they tell of {names}", **values)
    ends = _ends(times, begin, end)
    missing = [gap for gap in _missing(store, site) if _bears(gap, ends, places)]
    absent = [*store.sites.absent(site), *_unreadable(store, site), *map(_dropped, dropped)]
    explained = [gap for gap in absent if _bears(gap, ends, places)]
    rows = history(told, [*missing, *explained], check, start, end)
    kids = sorted({report.kid for report in stored})
    number = sum(gap.to_seq - gap.from_seq + 1 for gap in missing)
    empty = {_name(report) for report in dropped}
    by_name = {_name(report): report for report in stored}
    envelopes = {f"envelopes/{name}": _envelope(one) for name, one in by_name.items() if name not in empty}
    files = {name: data for name, data in envelopes.items() if data is not None}
    used_stamps: dict[int, StampedCheckpoint] = {}
    receipts = receipts_of(log, store, _last_of_each(site, stored), partial(_stamped_under, stamped, used_stamps))
    disputed = contested(store, site, check, start, end)
    rules = asked(check, [finding for one in told for finding in one.findings])
    about = About(
        *(site, store.city_and_epoch(site)[0], check, start, end, rules, kids, signer.kid),
        *(len(files), number + sum(gap.count for gap in explained)),
    )
    for place, text in receipts.items():
        files[f"receipts/{place.epoch}-{place.stream}-{place.seq}.tlog-proof"] = text.encode()
    for size, one in used_stamps.items():
        files |= {f"stamps/{size}.checkpoint": one.checkpoint.note.encode(), f"stamps/{size}.tsr": one.response}
    said = {
        "calculation.json": _json(_calculation(about, rows, disputed)),
        "disputes.json": _json({"disputes": [row_json(one) for one in disputed]}),
        "rules.json": _json(_rules(about)),
    }
    people = named(store, site, said.values())
    files |= {name: readme(about, rows, disputed, people, lang).encode() for name, lang in NAMES.items()} | said
    files["gaps.json"] = _json(_gaps(missing, explained))
    files["names.json"] = _json({"names": [{"id": one.id, **_known(one)} for one in people]})
    keys = [public_key(jwk) for kid in kids if (jwk := store.key(kid)) is not None]
    files["keys.jwks.json"] = _json(jwk_set({key.kid: key for key in [*keys, signer.public]}))
    files["trust.json"] = _json([_binding(trust.bindings[kid]) for kid in kids if kid in trust.bindings])
    subject: dict[str, Json] = {"site": site, "check": check, "from": utc_text(start), "to": utc_text(end)}
    files[MANIFEST] = write_manifest(subject, files, signer)
    used = [at for report in stored if (at := dated.get((report.epoch, report.stream, report.seq))) is not None]
    return Case(
        data=pack(files),
        rows=rows,
        envelopes=about.envelopes,
        missing=about.missing,
        first_at=min([start, *used]),
        last_at=max([end, *used]),
    )


def _places(times: Times, order: Mapping[str, int], begin: datetime, start: datetime, end: datetime) -> Places:
    """Return which run of each stream of each epoch bears on a time; `begin`: of the config report before it."""
    places: dict[tuple[str, StreamName], tuple[int, int]] = {}
    for stream in STREAMS:
        since = start if stream == "health" else begin
        for epoch in order:
            of = sorted((seq, at) for name, seq, at in times[stream] if name == epoch)
            inside = [seq for seq, at in of if since <= at < end]
            earlier = [seq for seq, at in of if at < since and (not inside or seq < inside[0])]
            later = [seq for seq, at in of if at >= end and (not inside or seq > inside[-1])]
            if stream == "gap":
                # A gap record may speak of these reports long after: all from the begin on are taken, they are few.
                inside, later = inside + later, []
            if not inside:
                continue
            around = [*earlier[-1:], *inside, *later[:1]] if stream != "gap" else inside
            places[epoch, stream] = min(around), max(around)
    total = sum(last - first + 1 for first, last in places.values())
    if total > REPORTS_MOST:
        raise UsageError(
            "{total} reports bear on this time, more than {most}; choose a shorter one", total=total, most=REPORTS_MOST
        )
    return places


def _times(store: Store, site: str, stream: StreamName) -> list[tuple[str, int, datetime]]:
    rows = store.reports.times(site, stream)
    return [(epoch, seq, at) for epoch, seq, text in rows if (at := time_of(text)) is not None]


def _reports(
    store: Store, site: str, check: str, key: tuple[str, StreamName], run: tuple[int, int], order: Mapping[str, int]
) -> Iterator[CheckReport]:
    """Yield the findings of a check in the reports of a run, from columns: no body is read."""
    for row in store.reports.for_case(site, *key, *run, check):
        at, due_at = time_of(row.made_at), time_of(row.due_at)
        if at is not None:
            place = (order.get(key[0], 0), *key, row.seq)
            yield CheckReport(*place, at, row.clock_synced, due_at, row.event_head, row.findings)


def _unreadable(store: Store, site: str) -> list[Gap]:
    """Return the reports that cannot be read or dated, as runs without findings."""
    return [
        Gap(epoch, stream, seq, seq, 1, "unreadable", "0" * 64)
        for stream in STREAMS
        for epoch, seq, made_at in store.reports.times(site, stream)
        if not made_at
    ]


def _dropped(report: StoredReport) -> Gap:
    """Return a report whose body is no longer stored as a run without findings; its digest is there."""
    return Gap(report.epoch, report.stream, report.seq, report.seq, 1, "body-dropped", report.digest)


def _missing(store: Store, site: str) -> list[Gap]:
    """Return the runs that the hub lacks without an explanation."""
    return [
        Gap(chain.epoch, chain.stream, first, last, last - first + 1, "missing", "0" * 64)
        for chain in store.sites.chains(site)
        for first, last in store.sites.missing_runs(chain)
    ]


def _ends(times: Times, begin: datetime, end: datetime) -> Ends:
    """Return where each chain is surely before a time, and surely behind it: queried once for all gaps."""
    ends: dict[tuple[str, StreamName], tuple[int, int]] = {}
    for stream, of in times.items():
        for epoch, seq, at in of:
            before, behind = ends.get((epoch, stream), (0, SEQ_MAX))
            ends[epoch, stream] = max(before, seq if at < begin else 0), min(behind, seq if at >= end else SEQ_MAX)
    return ends


def _bears(gap: Gap, ends: Ends, places: Places) -> bool:
    """Return whether missing reports may be of the time: not if one after them was made before it, and so on."""
    if not any(epoch == gap.epoch for epoch, _ in places):
        return False
    before, behind = ends.get((gap.epoch, gap.stream), (0, SEQ_MAX))
    return not before > gap.to_seq and not behind < gap.from_seq


def _last_of_each(site: str, stored: Sequence[StoredReport]) -> list[Place]:
    """Return the last report of each chain, forks aside: those before it hang on it by their digests."""
    last = {(one.epoch, one.stream): one.seq for one in sorted(stored, key=lambda one: one.seq) if not one.fork}
    return [Place(site, stream, seq, epoch) for (epoch, stream), seq in sorted(last.items())]


def _stamped_under(
    stamped: Sequence[StampedCheckpoint], used: dict[int, StampedCheckpoint], index: int
) -> Checkpoint | None:
    """Return the earliest stamped checkpoint over an entry, and note in `used`, by its size, that it is."""
    one = earliest_over(stamped, index)
    if one is None:
        return None
    used[one.checkpoint.size] = one
    return one.checkpoint


def _binding(one: Binding) -> Json:
    """Return a binding without its key, which `keys.jwks.json` has."""
    entry: dict[str, Json] = asdict(one)
    del entry["jwk"]
    return entry


def _name(report: StoredReport) -> str:
    fork = f"-fork-{report.digest[:16]}" if report.fork else ""
    return f"{report.epoch}-{report.stream}-{report.seq}{fork}.json"


def _envelope(report: StoredReport) -> bytes | None:
    """Return the signed bytes as they are handed out; None of bytes that are no text, which `gaps.json` names."""
    try:
        return flatten(report.payload, report.jws)
    except ValueError:
        return None


def _calculation(about: About, rows: Sequence[StatusSpan], disputed: Sequence[DisputeRow]) -> Json:
    return {
        "schema": SCHEMA,
        "site": about.site,
        "check": about.check,
        "from": utc_text(about.start),
        "to": utc_text(about.end),
        "rows": [
            {
                "subject": row.subject,
                "from": utc_text(row.from_at),
                "to": utc_text(row.to_at),
                "status": row.status,
                "reason": row.reason,
                "source": {"document": row.document, "article": row.article} if row.document else None,
                "message": row.message,
                "evidence": dict(evidence_of(row.evidence)),
                "told_by": list(row.told_by),
                "clock_unsure": row.clock_unsure,
                "disputed": [one.said.id for one in beside(row, disputed)],
            }
            for row in rows
        ],
        "seconds": durations(rows),
    }


def _gaps(missing: Sequence[Gap], explained: Sequence[Gap]) -> Json:
    def told(gap: Gap) -> dict[str, Json]:
        return run_json(gap.epoch, gap.stream, gap.from_seq, gap.to_seq)

    return {
        "missing": [told(gap) for gap in missing],
        "explained": [{**told(gap), "reason": gap.reason, "last_digest": gap.last_digest} for gap in explained],
    }


def _rules(about: About) -> Json:
    return {
        "check": about.check,
        "sources": [{"document": one.document, "article": one.article} for one in about.rules],
        "rules": [asked_json(one) for one in about.rules],
        "duty": duty_json(about.check, about.rules),
        "technical_indication": not about.rules or any(not one.by for one in about.rules),
        "duty_of": f"camwarden {VERSION}",
    }


def _known(one: Author) -> dict[str, Json]:
    return (
        {"name": one.name, "told_at": one.told_at} if one.name else {"name": None, "erased_at": one.erased_at or None}
    )


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
