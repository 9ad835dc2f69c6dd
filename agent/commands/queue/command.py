"""Shows the spool, sends waiting reports, or exports them as files.

    camwarden queue list [--all] [--json]
    camwarden queue show EPOCH:STREAM:SEQ [--jwks FILE] [--json]
    camwarden queue flush [--within SECONDS]
    camwarden queue export DIR [--from TIME] [--to TIME]
    camwarden queue import-ack FILE

`list`, `show` and `export` only read and work beside the running service. A change of the spool is a note in the state
directory: applied here at once, or by a running service at its next cycle. `export` writes everything that the hub has
not confirmed, so that a lost medium costs nothing.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.commands.queue.files import export, import_ack, leave_note, open_spool, say, spool_path
from agent.commands.terminal.moments import instant
from agent.contract.envelope import verify
from agent.contract.signing_keys import PublicKey, load_jwks
from agent.deliver.keys.place import place_of
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.inbox import leave_flush
from agent.deliver.spool.read_only import StoredRow, view
from agent.deliver.spool.spool import Spool
from agent.host.files import as_owner_of
from agent.model.errors import AgentError, Locked, NotVerified, UsageError
from agent.model.exits import FAILS, OK, UNAVAILABLE
from agent.model.finding import Message
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.text.translate import render, translate

SCHEMA: Final = "camwarden-queue/1"

_BY_HAND: Final = Pace(backlog_per_s=500.0, backlog_burst=1000)  # one site, with a person who watches
_WITHIN_S: Final = 600.0
_TURN_S: Final = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="count what waits, by stream and state")
    listed.add_argument("--all", action="store_true", help="list every report too")
    shown = actions.add_parser("show", help="print a report and whether its signature fits")
    shown.add_argument("report", metavar="EPOCH:STREAM:SEQ")
    shown.add_argument("--jwks", type=Path, metavar="FILE", help="keys to believe (default: this site's own)")
    flushed = actions.add_parser("flush", help="send everything that waits now")
    flushed.add_argument("--within", type=_seconds, default=_WITHIN_S, metavar="SECONDS", help="give up after so long")
    exported = actions.add_parser("export", help="write what is not confirmed as files to carry to the hub")
    exported.add_argument("batch", type=Path, metavar="DIR", help="a new folder, or a new file that ends in .zip")
    exported.add_argument(
        "--from", dest="first", type=instant, metavar="TIME", help="what was made since, in any state"
    )
    exported.add_argument("--to", dest="last", type=instant, metavar="TIME", help="and what was made before")
    imported = actions.add_parser("import-ack", help="take the hub's confirmation from a file")
    imported.add_argument("file", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    """Run one action; 0 if it was done.

    Raises AgentError where there is no spool, or it, a key or a file cannot be used.
    """
    site = load(args.config)
    return int(_ACTIONS[args.action](args, site))


def _list(args: argparse.Namespace, site: Site) -> int:
    with view(spool_path(site)) as look:
        totals, epoch = look.totals(), look.meta("epoch")
        rows = [_row(kept) for kept in look.every()] if args.all else []
    age_s = round((datetime.now(UTC) - totals.oldest_at).total_seconds()) if totals.oldest_at else None
    if args.json:
        shown = {
            "schema": SCHEMA,
            "site": site.id,
            "epoch": epoch,
            "counts": totals.counts,
            "oldest_at": totals.oldest_at.isoformat() if totals.oldest_at else None,
            "oldest_age_s": age_s,
            "unconfirmed_bytes": totals.unconfirmed_bytes,
            "file_bytes": totals.file_bytes,
            "dropped": totals.dropped,
        }
        print(json.dumps(shown | ({"reports": rows} if args.all else {}), ensure_ascii=False))
        return OK
    for stream, counts in totals.counts.items():
        print(f"{stream:8}" + "".join(f"  {count} {translate(state, args.lang)}" for state, count in counts.items()))
    if totals.oldest_at is None:
        say(args, Message("nothing waits: the hub has confirmed every report that is here"))
    else:
        values = {"at": totals.oldest_at.isoformat(timespec="seconds"), "size": totals.unconfirmed_bytes}
        say(args, Message("the oldest report that is not confirmed was made at {at}; {size} bytes wait", values))
    if totals.dropped:
        say(args, Message("{count} reports were given up so far; gap records name them", {"count": totals.dropped}))
    for row in rows:
        state = translate(str(row["state"]), args.lang)
        print(f"{row['report']}  {state}  {row['committed_at']}  {row['bytes']}  {row['reason']}".rstrip())
    return OK


def _show(args: argparse.Namespace, site: Site) -> int:
    epoch, _, rest = args.report.partition(":")
    stream, _, number = rest.partition(":")
    if not number.isdecimal() or len(number) > 18:
        raise UsageError(
            "{report}: a report is named EPOCH:STREAM:SEQ, as `camwarden queue list --all` does", report=args.report
        )
    with view(spool_path(site)) as look:
        kept = look.one(epoch, stream, int(number))
    if kept is None:
        raise UsageError(
            "{report}: not in the spool; it keeps reports for a day after their confirmation", report=args.report
        )
    verdict = _verdict(kept, load_jwks(args.jwks) if args.jwks else _own_keys(site))
    text = kept.payload.decode("utf-8", "replace")
    if args.json:
        shown = {"schema": SCHEMA, **_row(kept), "verdict": verdict, "jws": kept.jws, "payload": text}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        print(text)
        say(args, Message("{report}: {state}, signature: {verdict}", {**_named(kept), "verdict": verdict}))
    return OK if verdict == "verified" else FAILS


def _flush(args: argparse.Namespace, site: Site) -> int:
    if site.hub is None or site.hub.confirm == "file":
        raise UsageError("this site sends nothing over a network: carry it with `camwarden queue export DIR`")
    directory = site.storage.directory
    with as_owner_of(directory):
        try:
            spool = open_spool(site)
        except Locked:
            leave_note(directory, leave_flush)
            say(args, Message("the service runs and has been asked: it sends everything at its next cycle"))
            return OK
        with closing(spool), closing(place_of(site, os.environ)) as place:
            signer = place.current()
            if signer is None:
                raise UsageError(
                    "there is no report key yet, and nothing was ever signed here: camwarden run --once looks once and "
                    "signs"
                )
            keys = load_jwks(site.hub.jwks) if site.hub.jwks else {}
            publisher = Publisher(site, spool, signer, keys, lambda: datetime.now(UTC), _BY_HAND)
            publisher.start()
            try:
                drained = _watch(args, publisher, spool)
                status = publisher.status()
            finally:
                publisher.stop(4.0)
    if drained:
        say(args, Message("every report is confirmed"))
        return OK
    why = f": {status.link}: {status.reason}" if status.reason else ""
    raise _Unsent("not every report is confirmed yet{why}; they stay in the spool", why=why)


class _Unsent(AgentError):
    exit_code = UNAVAILABLE


def _watch(args: argparse.Namespace, publisher: Publisher, spool: Spool) -> bool:
    until, before = time.monotonic() + args.within, -1
    while not publisher.drained(min(_TURN_S, max(0.0, until - time.monotonic()))):
        counts = spool.counts()
        left = sum(int(str(counts[state])) for state in ("pending", "sent", "parked"))
        if left != before and not args.quiet:
            sys.stderr.write(render(Message("{count} reports left", {"count": left}), args.lang) + "\n")
        before = left
        if time.monotonic() >= until:
            return False
    return True


def _verdict(kept: StoredRow, keys: Mapping[str, PublicKey]) -> str:
    try:
        verify(kept.payload, kept.jws, keys)
    except NotVerified as error:
        return error.reason
    return "verified"


def _own_keys(site: Site) -> dict[str, PublicKey]:
    with closing(place_of(site, os.environ)) as place:
        return {key.kid: key for key in place.shown() if key is not None}


def _row(kept: StoredRow) -> dict[str, str | int]:
    return {
        **_named(kept),
        "committed_at": kept.committed_at.isoformat(timespec="seconds"),
        "attempts": kept.attempts,
        "reason": kept.reason,
        "bytes": len(kept.payload),
        "digest": kept.digest,
    }


def _named(kept: StoredRow) -> dict[str, str]:
    return {"report": f"{kept.epoch}:{kept.stream}:{kept.seq}", "state": kept.state}


def _seconds(text: str) -> float:
    """Parse a finite number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageError("{seconds!r} is no number of seconds: write it as 60 or 0.5", seconds=text[:64])
    return seconds


_ACTIONS: Final = {"list": _list, "show": _show, "flush": _flush, "export": export, "import-ack": import_ack}
