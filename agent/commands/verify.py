"""Verify signed reports in files, without a hub.

    camwarden verify PATH... (--jwks FILE | --data DIR) [--json]

PATH is a file with one flattened JWS, or a folder of such files (`*.json`), searched with its subfolders.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.envelope import ACK_TYP, REPORT_TYP, STATE_TYP, read_header, unflatten, verify
from agent.errors import ConfigurationError, NotVerified
from agent.exits import CONFIG, FAILS, OK
from agent.hub import trust
from agent.hub.store import Store
from agent.hub.verify import Claim, examine, read_gap, read_payload
from agent.keys import PublicKey, load_jwks, public_key
from agent.watermark import read_watermark

SCHEMA = "camwarden-verify/1"

_FILE_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: `verdict` = `verified`, `failed` or `unusable`; `reason` and `why` say more; `claim` if a report."""

    path: Path
    verdict: str
    reason: str = ""
    why: str = ""
    claim: Claim | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder of flattened JWS files")
    keys = parser.add_mutually_exclusive_group(required=True)
    keys.add_argument("--jwks", type=Path, metavar="FILE", help="JWK set with the keys to believe")
    keys.add_argument(
        "--data", type=Path, metavar="DIR", help="a hub's data: the keys that it trusts, each for its site"
    )


def run(args: argparse.Namespace) -> int:
    """Verify every file, then how the reports stand to each other; 0, 1 if anything is wrong, 78 if unreadable.

    Raises:
        AgentError: There are no keys to verify with.
    """
    keys, sites = _keys(args)
    checked = [_check(path, keys, sites) for path in _files(args.paths)]
    problems = examine(c.claim for c in checked if c.claim is not None)
    failed = any(c.verdict == "failed" for c in checked) or bool(problems)
    unusable = any(c.verdict == "unusable" for c in checked) or not checked
    if args.json:
        shown = {
            "schema": SCHEMA,
            "files": [
                {"path": str(c.path), "verdict": c.verdict, "reason": c.reason, "why": c.why, **_named(c.claim)}
                for c in checked
            ],
            "chain": [
                {
                    "fault": p.fault,
                    "site": p.site,
                    "epoch": p.epoch,
                    "stream": p.stream,
                    "from_seq": p.from_seq,
                    "to_seq": p.to_seq,
                }
                for p in problems
            ],
        }
        print(json.dumps(shown, ensure_ascii=False))
    else:
        for c in checked:
            if c.verdict != "verified":
                print(f"{c.path}: {c.verdict}: {c.why}")
        for p in problems:
            print(f"site {p.site}, epoch {p.epoch}, {p.stream} {p.from_seq} to {p.to_seq}: {p.fault}")
        verified = sum(c.verdict == "verified" for c in checked)
        print(f"{verified} of {len(checked)} files verified, {len(problems)} faults between reports")
    return FAILS if failed else CONFIG if unusable else OK


def _keys(args: argparse.Namespace) -> tuple[Mapping[str, PublicKey], trust.Trust | None]:
    if args.jwks is not None:
        return load_jwks(args.jwks), None
    believed = trust.load(args.data)
    store = Store(args.data, read_only=True)
    try:
        shown = {kid: store.key(kid) for kid in believed.bindings}
    finally:
        store.close()
    keys = {kid: public_key(dict(jwk)) for kid, jwk in shown.items() if jwk is not None}
    if not keys:
        raise ConfigurationError(f"{args.data}: trusts no key that it has seen; see `camwarden hub trust add`")
    return keys, believed


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(entry for entry in path.rglob("*.json") if entry.is_file())
        else:
            yield path


def _check(path: Path, keys: Mapping[str, PublicKey], sites: trust.Trust | None) -> Checked:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_MAX_BYTES + 1)
        payload, jws = unflatten(data)
    except OSError as error:
        return Checked(path, "unusable", "unreadable", f"{error.strerror}; check the path")
    except NotVerified as error:
        return Checked(path, "unusable", error.reason, str(error))
    try:
        typ = read_header(jws).typ
        if typ == ACK_TYP:
            site = json.loads(payload).get("site", "") if payload.startswith(b"{") else ""
            read_watermark(payload, jws, keys, site)
            return Checked(path, "verified")
        verify(payload, jws, keys, typ if typ == STATE_TYP else REPORT_TYP)
        claim = read_payload(payload, jws)
        if (claim.stream is None) != (typ == STATE_TYP):
            raise NotVerified("typ", f"a payload that does not fit its typ {typ}")
        if claim.stream == "gap":
            read_gap(claim)
        if sites is not None:
            decision = sites.decide(claim.address.site, claim.kid)
            if decision == "key-of-another-site":  # one that is revoked now may well have been good then
                raise NotVerified(decision, f"signed by the key of another site than {claim.address.site}")
    except (NotVerified, ValueError) as error:
        reason = error.reason if isinstance(error, NotVerified) else "payload"
        return Checked(path, "failed", reason, str(error))
    return Checked(path, "verified", claim=claim)


def _named(claim: Claim | None) -> dict[str, str | int]:
    if claim is None:
        return {}
    site, kind = claim.address.site, claim.address.kind
    return {"site": site, "stream": kind, "epoch": claim.epoch, "seq": claim.seq, "digest": claim.digest}
