"""Writes batches, and notes for the holder of the spool: the writing actions of `camwarden queue`."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from agent.commands.terminal.opened import note_opened
from agent.contract.carried_batch import FILE_MAX_BYTES, STATE_NAME, report_name, write_batch
from agent.contract.envelope import STATE_TYP, flatten, sign_payload
from agent.contract.presence import Presence, write_state
from agent.contract.signing_keys import load_jwks
from agent.deliver.keys.place import place_of
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.inbox import INBOX_NAME, leave_ack, leave_sent, read_ack, take_up
from agent.deliver.spool.read_only import View, view
from agent.deliver.spool.spool import Spool
from agent.host.files import as_owner_of
from agent.model.errors import AgentError, ConfigurationError, Locked, NotVerified, UsageError, os_words
from agent.model.exits import OK
from agent.model.finding import Draft, Envelope, Json, Message
from agent.service.alerts import status_file
from agent.site.config.site import Site
from agent.text.translate import render


def export(args: argparse.Namespace, site: Site) -> int:
    """Write a batch, and note its reports where the site reports by batches."""
    ids: list[int] = []
    with view(spool_path(site)) as look:
        count = write_batch(args.batch, _files(args, site, look, ids))
    note_opened(site.storage.directory, "queue export", "reports", args.batch)
    if site.hub is not None and site.hub.confirm == "file":
        _hand_over(site, lambda inbox: leave_sent(inbox, ids))
    say(args, Message("{count} files written to {path}", {"count": count, "path": str(args.batch)}))
    return OK


def _files(args: argparse.Namespace, site: Site, look: View, ids: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a batch; note the ids of the reports in it."""
    if state := _state(site, look, args.lang):
        yield STATE_NAME, state
    for kept in look.kept(args.first, args.last):
        try:
            data = flatten(kept.payload, kept.jws)
        except ValueError:  # damaged on disk: the service names it in a gap record
            said = Message(
                "{stream}:{seq} is damaged and left out; the service names it in a gap record",
                {"stream": kept.stream, "seq": kept.seq},
            )
            sys.stderr.write(f"camwarden: {render(said, args.lang)}\n")
            continue
        ids.append(kept.id)
        yield report_name(kept.epoch, kept.stream, kept.seq), data


def _state(site: Site, look: View, lang: str) -> bytes:
    """Return the site's state message; empty where the key cannot sign it, which is reported.

    As the service's user: a token's answer to a PIN is stored in a file that the service must be able to read.
    """
    try:
        with as_owner_of(site.storage.directory), closing(place_of(site, os.environ)) as place:
            signer = place.current()
            if signer is None:
                return b""
            number = max(1, int(look.meta("connection_no") or 0))
            presence = Presence(
                origin=site.origin,
                confirm=site.confirm,
                epoch=look.meta("epoch"),
                connection_no=number,
                jwk=signer.jwk,
                heads=look.heads(),
                confirmed=look.confirmed(),
            )
            payload = write_state(presence, "ready", datetime.now(UTC))
            return flatten(payload, sign_payload(payload, signer, STATE_TYP))
    except AgentError as error:
        said = Message("no {file} is written: {error}", {"file": STATE_NAME, "error": error})
        sys.stderr.write(f"camwarden: {render(said, lang)}\n")
        return b""


def import_ack(args: argparse.Namespace, site: Site) -> int:
    """Import a watermark from a file, here or by the running service."""
    keys = load_jwks(site.hub.jwks) if site.hub is not None and site.hub.jwks else {}
    if not keys:
        raise ConfigurationError(
            "[hub] jwks: no key of the hub is pinned, so that no confirmation can be believed; ask the hub's team for "
            "hub-jwks.json, and name it there"
        )
    try:
        with args.file.open("rb") as file:
            data = file.read(FILE_MAX_BYTES)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be read: {why}; give the file that the hub wrote", path=args.file, why=os_words(error)
        ) from None
    mark = read_ack(data, keys, site.id)
    with view(spool_path(site)) as look:
        if mark.epoch != look.meta("epoch"):
            raise NotVerified("epoch", "{path}: confirms another life of this spool; export again", path=args.file)
    outcome = _hand_over(site, lambda inbox: leave_ack(inbox, data))
    if outcome is None:
        say(args, Message("the service runs and takes it up at its next cycle"))
        return OK
    if outcome not in ("confirmed", "nothing-new"):
        raise NotVerified(outcome, "{path}: it does not fit this spool: {outcome}", path=args.file, outcome=outcome)
    say(args, Message("taken: the spool has noted what the hub confirms"))
    return OK


def _hand_over(site: Site, leave: Callable[[Path], str]) -> str | None:
    """Leave a note, apply the inbox here, and return the note's result; None where a service will."""
    directory = site.storage.directory
    with as_owner_of(directory):
        name = leave_note(directory, leave)
        try:
            spool = open_spool(site)
        except Locked:
            return None
        try:
            keys = load_jwks(site.hub.jwks) if site.hub is not None and site.hub.jwks else {}
            became = take_up(spool, directory / INBOX_NAME, keys, site.id, datetime.now(UTC))
            _tell_status(site, spool.counts())
            return became.get(name, "not-taken-up")
        finally:
            spool.close()


def _tell_status(site: Site, counts: dict[str, Json]) -> None:
    """Write the spool's new counts into the status of the last cycle, which no service renews now; the rest stays."""
    with suppress(AgentError):  # no status yet, or another user's: there is nothing to correct
        content = status_file.read(site.storage.runtime, datetime.now(UTC)).content
        status_file.write(site.storage.runtime, {**content, "queue": counts})


def leave_note(directory: Path, leave: Callable[[Path], str]) -> str:
    """Leave a note in the inbox of a state directory; return its name."""
    try:
        return leave(directory / INBOX_NAME)
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}", path=directory / INBOX_NAME, why=os_words(error)
        ) from None


def open_spool(site: Site) -> Spool:
    """Open the spool without a key; raises Locked where the service runs."""
    return Spool.open(spool_path(site), site.storage.spool_max_bytes, now=datetime.now(UTC), seal=_seal_nothing)


def _seal_nothing(draft: Draft, heads: object, epoch: str) -> Envelope:
    """Refuse: what must be named in a gap record is left to the service, which has the key."""
    raise UsageError("a report is damaged or has no room: start the service, it names it in a gap record")


def spool_path(site: Site) -> Path:
    """Return the path of a site's spool."""
    return site.storage.directory / SPOOL_NAME


def say(args: argparse.Namespace, message: Message) -> None:
    """Print a sentence in the reader's language, unless --quiet."""
    if not args.quiet:
        print(render(message, args.lang))
