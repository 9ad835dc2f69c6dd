"""Verifies signed reports without a hub: in files, in a case, or as they pass on a broker.

    camwarden verify PATH...                      files, folders, ZIPs (batches, and cases that `hub case` wrote)
    camwarden verify report.html                  a hand-over report
    camwarden verify DOSSIER.zip                  a filing dossier
    camwarden verify FOLDER                       the paper of a self-test, as `link test --certificate` wrote it
    camwarden verify filing.json                  what `filing compare` has stored of it in the state directory
    camwarden verify CASE.zip --tsa-ca FILE       a case, and when the log of its receipts was so
    camwarden verify [PATH...] --receipt FILE     a receipt of a hub's log, and that it is of a report beside it
    camwarden verify --receipt FILE --stamp FILE  and when its log was so, by an authority of --tsa-ca
    camwarden verify FOLDER --follow              and every file that comes into it
    camwarden verify --topic 'vss/v1/city/site/#' --host HOST [--follow]

The reader names the trusted keys, by at least one of:

    --jwks FILE         a JWK set; may be given several times
    --kid THUMBPRINT    a thumbprint that was compared over another way; the key itself is taken from what is verified
    --data DIR          a hub's data: each key that it trusts, for its own site

Keys that lie beside the reports are trusted only by `--kid`. A hand-over report, a filing dossier and filing.json may
be verified without any of them: whether it was changed shows all the same, and only whose key signed it stays open (3).
The keys that signed what is verified are named at the end.

Exit code: 0 everything verified, 1 something is wrong, 3 something could not be judged for want of a key, 69 the broker
cannot be reached, 78 nothing to verify or a file is no signed message. With `--follow` it runs until it is interrupted,
and then ends with 0 or 1; 78 if nothing came or a file was unusable, 3 if something could not be judged.
"""

import argparse
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agent.commands.terminal.broker_options import add_broker_options
from agent.commands.verify.keys import trusted_keys
from agent.commands.verify.lines import fault_line, judged_line
from agent.commands.verify.receipts import (
    RECEIPT_SUFFIX,
    JudgedReceipt,
    hub_keys,
    judge_packed_receipt,
    judge_receipt,
    receipt_json,
    receipt_line,
)
from agent.commands.verify.told_stamps import ToldStamp, named_stamps, packed_stamps
from agent.commands.verify.watch import watch_folders, watch_topic
from agent.model.errors import ConfigurationError, UsageError, os_words
from agent.model.exits import CONFIG, FAILS, OK, UNCHECKED
from agent.model.finding import Json, Message
from agent.text.translate import render
from agent.verify.archive import FILE_MAX_BYTES, Container, open_container
from agent.verify.html_seal import MAX_BYTES, is_handover
from agent.verify.judge import Judgement, Trusted, judge_flattened, judge_handover
from agent.verify.manifest import NAME as MANIFEST
from agent.verify.manifest import check_manifest, is_case
from agent.verify.message import Claim, Problem, examine
from agent.verify.paper import MEMBER_MAX_BYTES, is_paper, judge_paper

SCHEMA = "camwarden-verify/1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="hand-over report, filing dossier, flattened JWS, folder of them, or ZIP",
    )
    add("--receipt", type=Path, action="append", default=[], metavar="FILE", help="receipt of a hub's log")
    add(
        "--stamp", type=Path, action="append", default=[], metavar="FILE", help="time stamp over a receipt's checkpoint"
    )
    add("--tsa-ca", type=Path, action="append", default=[], metavar="FILE", help="authority of stamps to believe (PEM)")
    add("--jwks", type=Path, action="append", metavar="FILE", help="JWK set with keys to believe")
    add("--kid", action="append", metavar="THUMBPRINT", help="believe the key of this thumbprint")
    add("--data", type=Path, metavar="DIR", help="a hub's data: the keys that it trusts, each for its site")
    add("--follow", action="store_true", help="go on with what comes, one line for each fault")
    add("--topic", metavar="FILTER", help="listen on a broker instead; nothing is published")
    add("--idle", type=_seconds, default=5.0, metavar="S", help="end when S seconds brought nothing (default 5)")
    add_broker_options(parser)


def run(args: argparse.Namespace) -> int:
    """Verify every message, then the reports' chain.

    Raises AgentError where there are no keys to verify with, an archive is not opened, or the broker cannot be reached.
    """
    if bool(args.paths or args.receipt) == bool(args.topic):
        raise UsageError("give either files to verify, or a topic to listen on")
    if args.receipt and (args.follow or args.topic):
        raise UsageError("a receipt is verified by itself or with files, not with --follow or --topic")
    if bool(args.stamp) > bool(args.receipt):
        raise UsageError("a time stamp is verified with a receipt: name its file with --receipt")
    if args.topic:
        return watch_topic(args)
    if args.follow:
        return watch_folders(args)
    believed = trusted_keys(args, args.paths) if args.paths else Trusted({})
    checked = verify_paths(args.paths, believed)
    if args.receipt:
        keys = hub_keys(args)
        digests = {m.claim.digest for m in checked.messages if m.claim is not None} if args.paths else None
        checked = replace(checked, receipts=tuple(judge_receipt(path, keys, digests) for path in args.receipt))
    stamps = (*named_stamps(args, checked.receipts), *packed_stamps(args, believed.keys))
    checked = replace(checked, stamps=stamps)
    if args.json:
        print(json.dumps(result_json(checked), ensure_ascii=False))
    else:
        _print(checked, args.lang)
    return _exit_code(checked)


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """Every message, the faults between the reports among them, and the receipts of a hub's log."""

    messages: tuple[Judgement, ...]
    problems: tuple[Problem, ...]
    receipts: tuple[JudgedReceipt, ...] = ()
    stamps: tuple[ToldStamp, ...] = ()


def verify_paths(paths: list[Path], believed: Trusted) -> VerifyResult:
    """Verify files, folders and ZIPs. Raises ConfigurationError for an archive that is not opened."""
    messages = tuple(message for path in paths for message in _path(path, believed))
    return VerifyResult(messages, examine(m.claim for m in messages if m.claim is not None))


def result_json(checked: VerifyResult) -> dict[str, Json]:
    """Encode the result for `--json`."""
    return {
        "schema": SCHEMA,
        "files": [
            {
                "path": m.name,
                "verdict": m.verdict,
                "reason": m.reason,
                "why": str(m.why),
                "kid": m.kid or None,
                **_named(m.claim),
            }
            for m in checked.messages
        ],
        "chain": [asdict(p) for p in checked.problems],
        **({"receipts": [receipt_json(one) for one in checked.receipts]} if checked.receipts else {}),
        **({"stamps": [one.told for one in checked.stamps]} if checked.stamps else {}),
    }


def _path(path: Path, believed: Trusted) -> Iterator[Judgement]:
    if path.is_dir():
        yield from _container(path, ".json", believed)
    elif path.suffix == ".zip" or zipfile.is_zipfile(path):
        yield from _container(path, "", believed)
    else:
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            yield Judgement(
                str(path), "unusable", "unreadable", Message("{why}; check the path", {"why": os_words(error)})
            )
        else:
            if is_handover(data):
                yield judge_handover(str(path), data, believed)
            else:
                yield judge_flattened(str(path), data[: FILE_MAX_BYTES + 1], believed)


def _container(path: Path, suffix: str, believed: Trusted) -> Iterator[Judgement]:
    if is_paper(path):
        with open_container(path, "", MEMBER_MAX_BYTES) as container:
            yield from judge_paper(container, believed)
        return
    with open_container(path, suffix) as container:
        if suffix and is_case(container):  # of a case every file counts, also those that are no JSON
            suffix = ""
        else:
            yield from _messages(container, believed)
            return
    yield from _container(path, suffix, believed)


def _messages(container: Container, believed: Trusted) -> Iterator[Judgement]:
    names = [name for name in container.names if name.endswith(".json")]
    if is_case(container):
        yield from check_manifest(container, believed)
        names = [name for name in names if name != MANIFEST and "/" in name]
    digests: set[str] = set()
    for name in names:
        where = f"{container.path}/{name}"
        try:
            judged = judge_flattened(where, container.read(name), believed)
        except ConfigurationError as error:
            judged = Judgement(where, "unusable", "unreadable", error.message)
        if judged.claim is not None:
            digests.add(judged.claim.digest)
        yield judged
    for name in (name for name in container.names if name.endswith(RECEIPT_SUFFIX)):
        yield judge_packed_receipt(container, name, believed, digests)


def _print(checked: VerifyResult, lang: str) -> None:
    for m in checked.messages:
        if m.verdict != "verified":
            print(render(judged_line(m), lang))
    for p in checked.problems:
        print(render(fault_line(p), lang))
    for one in checked.receipts:
        print(render(receipt_line(one), lang))
    for stamp in checked.stamps:
        print(render(stamp.line, lang))
    if not checked.messages and checked.receipts:
        return
    verified = sum(m.verdict == "verified" for m in checked.messages)
    numbers = {"verified": verified, "count": len(checked.messages), "faults": len(checked.problems)}
    print(render(Message("{verified} of {count} files verified, {faults} faults between reports", numbers), lang))
    for kid in dict.fromkeys(m.kid for m in checked.messages if m.verdict == "verified" and m.kid):
        print(render(Message("signed with the key {kid}, which you believe", {"kid": kid}), lang))


def _exit_code(checked: VerifyResult) -> int:
    verdicts = {m.verdict for m in checked.messages} | {one.verdict for one in checked.receipts}
    verdicts |= {one.verdict for one in checked.stamps if one.is_asked}
    if "failed" in verdicts or checked.problems:
        return FAILS
    if "unusable" in verdicts or not verdicts:
        return CONFIG
    return UNCHECKED if "unchecked" in verdicts else OK


def _named(claim: Claim | None) -> dict[str, Json]:
    if claim is None:
        return {}
    site, kind = claim.address.site, claim.address.kind
    return {"site": site, "stream": kind, "epoch": claim.epoch, "seq": claim.seq, "digest": claim.digest}


def _seconds(text: str) -> float:
    """Parse a number of seconds; argparse names this function in its message."""
    seconds = float(text)
    if not 0 < seconds < 1e6:
        raise ValueError
    return seconds
