"""Write the test vectors of the contract: `python packaging/write_contract_vectors.py [DIRECTORY]`.

The result is the same on every run: keys are fixed and known to everybody, ES256 signs as RFC 6979 says. A test
compares the committed files with a fresh run. `expected.json` says what `camwarden verify CASE --jwks jwks.json`, and
any other implementation, must find.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.contract.chain import Heads, link
from agent.contract.envelope import ACK_TYP, REPORT_TYP, STATE_TYP, flatten, sign, sign_payload, unflatten
from agent.contract.presence import STATUSES, Presence, write_state
from agent.contract.signing_keys import Signer, b64url, jwk_set, signer_from_jwk
from agent.contract.watermark import Rejected, Watermark, write_watermark
from agent.model.finding import Draft, Envelope, Head, Json, Moment
from agent.site.config.site import Hub, Site
from agent.version import VERSION

HERE: Final = Path(__file__).parent.parent / "agent/contract/vectors"
AT: Final = datetime(2026, 11, 24, 15, 4, tzinfo=UTC)
AT_TEXT: Final = b"2026-11-24T15:04:00.000Z"
SITE: Final = Site("SITE01", "datong", "140200", hub=Hub("broker.example"), digest="c" * 64)
EPOCH: Final = "6d1f2a90c4b7e835"

Case = dict[str, bytes]


def main() -> None:
    """Write every case into the directory given, else into the contract."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    keys = json.loads((HERE / "keys.json").read_text())["keys"]
    signers = {name: signer_from_jwk(jwk) for name, jwk in keys.items()}
    known = {signer.kid: signer.public for name, signer in signers.items() if name != "other"}
    (target / "jwks.json").write_text(json.dumps(jwk_set(known), indent=1) + "\n")
    expected: dict[str, Json] = {}
    for name, (files, verdict) in cases(signers).items():
        folder = target / name
        folder.mkdir(exist_ok=True)
        for file, data in files.items():
            (folder / f"{file}.jws.json").write_bytes(data + b"\n")
        expected[name] = verdict
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def cases(signers: Mapping[str, Signer]) -> dict[str, tuple[Case, Json]]:
    """Return the files of every case, and what is to be found in them."""
    site, hub = signers["site"], signers["hub"]
    events = chain([event(number) for number in range(1, 6)], site)
    fork = chain([event(99)], site)[0]
    explained = gap_record(site, {"event": Head(2, events[1].report.digest)}, events[3].report.digest)
    broken = chain([event(2)], site, {"event": Head(1, "b" * 64)})[0]
    second = chain([event(1)], site, epoch="0a0b0c0d0e0f1011")
    everything = chain([event(1), Draft("config", CONFIG), Draft("health", HEALTH)], site)
    return {
        "good": (files(everything), found()),
        "ed25519": (files(chain([event(1), event(2)], signers["site-ed25519"])), found()),
        "state": (states(site), found()),
        "watermark": (watermark(hub, events[4]), found()),
        "watermark-rejected": (watermark(hub, events[3], events[4]), found()),
        "watermark-rejected-nothing": (
            {"ack": resigned(watermark(hub, events[3], events[4])["ack"], hub, b'"seq":5', b'"seq":0')},
            found(failed={"ack": "payload"}),
        ),
        "tampered-payload": (
            {"event-0001": flat(events[0]).replace(b"no answer", b"an answer")},
            found(failed={"event-0001": "signature"}),
        ),
        "unknown-key": (files(chain([event(1)], signers["other"])), found(failed={"event-0001": "unknown-key"})),
        "algorithm-none": (
            {"event-0001": forged(events[0], {"alg": "none", "kid": site.kid})},
            found(failed={"event-0001": "algorithm"}),
        ),
        "b64-not-critical": (
            {"event-0001": forged(events[0], {"alg": "ES256", "kid": site.kid, "crit": None}, site)},
            found(failed={"event-0001": "header"}),
        ),
        "report-as-watermark": (
            {"event-0001": flatten(events[0].report.payload, sign_payload(events[0].report.payload, site, ACK_TYP))},
            found(failed={"event-0001": "payload"}),
        ),
        "gap": (files(events[:2] + events[4:]), found(chain=[("gap", 3, 4)])),
        "gap-explained": (files((*events[:2], explained, *events[4:])), found()),
        "fork": ({**files(events[:2]), "event-0001-again": flat(fork)}, found(chain=[("fork", 1, 1)])),
        "tampered-chain": (files((events[0], broken)), found(chain=[("tamper", 2, 2)])),
        **bounds(site, events[0]),
        "epoch-reset": ({**files(events[:2]), "later-event-0001": flat(second[0])}, found()),
    }


def bounds(site: Signer, one: Envelope) -> dict[str, tuple[Case, Json]]:
    """Return what just keeps within each bound of a payload, and what just breaks one, all well signed."""
    kept = [
        changed(one, site, b'"attempts":2', b'"attempts":' + number)
        for number in (b"9007199254740991", b"-9007199254740991", b"-9007199254740991.0", b"0.5e-400")
    ]
    kept.append(changed(one, site, b'"attempts":2', b'"attempts":' + b"[" * 60 + b"]" * 60))
    kept += [changed(one, site, AT_TEXT, at) for at in (b"2000-01-01T00:00:00.000Z", b"2099-12-31T23:59:59.999Z")]
    broken = {
        "bounds-duplicate-name": ("duplicate-name", b'"from":"pass"', b'"from":"pass","from":"pass"'),
        "bounds-duplicate-name-inside": ("duplicate-name", b'"attempts":2', b'"attempts":2,"attempts":3'),
        "bounds-nesting": ("too-deep", b'"attempts":2', b'"attempts":' + b"[" * 61 + b"]" * 61),
        "bounds-nesting-empty-object": ("too-deep", b'"attempts":2', b'"attempts":' + b"[" * 60 + b"{}" + b"]" * 60),
        "bounds-nesting-3000": ("too-deep", b'"attempts":2', b'"attempts":' + b"[" * 3000 + b"]" * 3000),
        "bounds-number": ("number", b'"attempts":2', b'"attempts":9007199254740992'),
        "bounds-number-negative": ("number", b'"attempts":2', b'"attempts":-9007199254740992'),
        "bounds-number-float": ("number", b'"attempts":2', b'"attempts":9007199254740992.0'),
        "bounds-number-endless": ("number", b'"attempts":2', b'"attempts":1e400'),
        "bounds-number-nan": ("number", b'"attempts":2', b'"attempts":NaN'),
        "bounds-number-infinity": ("number", b'"attempts":2', b'"attempts":-Infinity'),
        "bounds-time-first": ("time", AT_TEXT, b"1999-12-31T23:59:59.999Z"),
        "bounds-time-end": ("time", AT_TEXT, b"2100-01-01T00:00:00.000Z"),
        "bounds-time-before-any-year": ("time", AT_TEXT, b"0001-01-01T00:00:00+14:00"),
        "bounds-time-after-any-year": ("time", AT_TEXT, b"9999-12-31T23:59:59-12:00"),
        "bounds-time-by-its-offset": ("time", AT_TEXT, b"2000-01-01T00:00:00+00:01"),
    }
    cases: dict[str, tuple[Case, Json]] = {
        name: ({"event-0001": changed(one, site, old, new)}, found(failed={"event-0001": word}))
        for name, (word, old, new) in broken.items()
    }
    return {
        **{f"bounds-kept-{number}": ({"event-0001": data}, found()) for number, data in enumerate(kept, 1)},
        **cases,
    }


def changed(envelope: Envelope, signer: Signer, old: bytes, new: bytes) -> bytes:
    """Return an envelope with a part of its payload written otherwise, and signed as that."""
    payload = envelope.report.payload.replace(old, new, 1)
    return flatten(payload, sign_payload(payload, signer, REPORT_TYP))


def resigned(flattened: bytes, hub: Signer, old: bytes, new: bytes) -> bytes:
    """Return a watermark with a part of its payload written otherwise, and signed as that."""
    payload = unflatten(flattened)[0].replace(old, new, 1)
    return flatten(payload, sign_payload(payload, hub, ACK_TYP))


def found(failed: Mapping[str, str] | None = None, chain: list[tuple[str, int, int]] | None = None) -> Json:
    """Return an expectation: exit code, reason per file that fails, faults between reports of the stream `event`."""
    faults: list[Json] = [
        {"fault": fault, "stream": "event", "from_seq": first, "to_seq": last} for fault, first, last in chain or []
    ]
    return {"exit": 1 if failed or faults else 0, "failed": dict(failed or {}), "chain": faults}


def chain(drafts: list[Draft], signer: Signer, heads: Heads | None = None, epoch: str = EPOCH) -> tuple[Envelope, ...]:
    """Link and sign drafts."""
    moment = Moment(AT, 86_400_000, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", clock_synced=True)
    reports, _ = link(drafts, heads or {}, epoch, SITE.origin, moment)
    return tuple(sign(report, signer) for report in reports)


def files(envelopes: tuple[Envelope, ...]) -> Case:
    """Name envelopes by stream and number."""
    return {f"{e.report.stream}-{e.report.seq:04}": flat(e) for e in envelopes}


def flat(envelope: Envelope) -> bytes:
    """Return the flattened form."""
    return flatten(envelope.report.payload, envelope.jws)


def forged(envelope: Envelope, header: Mapping[str, Json], signer: Signer | None = None) -> bytes:
    """Return an envelope under a header that breaks the rules; a None takes a member out."""
    members = {**header, "typ": REPORT_TYP, "b64": False, "crit": header.get("crit", ["b64"])}
    text = json.dumps({name: value for name, value in members.items() if value is not None})
    protected = b64url(text.encode())
    signature = signer.sign(f"{protected}.".encode() + envelope.report.payload) if signer else b""
    return flatten(envelope.report.payload, f"{protected}..{b64url(signature)}")


def gap_record(signer: Signer, heads: Heads, last_digest: str) -> Envelope:
    """Return a record that names events 3 and 4."""
    first = heads["event"].seq + 1
    body: dict[str, Json] = {
        "stream": "event",
        "epoch": EPOCH,
        "from_seq": first,
        "to_seq": first + 1,
        "count": 2,
        "reason": "spool-full",
        "last_digest": last_digest,
    }
    return chain([Draft("gap", body)], signer)[0]


def presence(epoch: str, number: int, signer: Signer, heads: Heads) -> Presence:
    """Return what a state message of the site says."""
    return Presence(
        origin=SITE.origin,
        confirm=SITE.confirm,
        epoch=epoch,
        connection_no=number,
        jwk=signer.jwk,
        heads=heads,
        confirmed={},
    )


def states(signer: Signer) -> Case:
    """Return birth, will and farewell of one connection."""
    said = presence(EPOCH, 1, signer, {"event": Head(2, "2" * 64)})
    version = f'"version":"{VERSION}"'.encode()  # vectors outlive releases
    payloads = {status: write_state(said, status, AT).replace(version, b'"version":"0.1.0"') for status in STATUSES}
    return {name: flatten(payload, sign_payload(payload, signer, STATE_TYP)) for name, payload in payloads.items()}


def watermark(hub: Signer, newest: Envelope, refused: Envelope | None = None) -> Case:
    """Return a watermark over events, and over one that the hub refuses."""
    said = Rejected("event", refused.report.seq, refused.report.digest, "size") if refused else None
    mark = Watermark(SITE.id, EPOCH, 1, {"event": Head(newest.report.seq, newest.report.digest)}, said)
    payload = write_watermark(mark, AT)
    return {"ack": flatten(payload, sign_payload(payload, hub, ACK_TYP))}


def event(number: int) -> Draft:
    """Return an event of one camera."""
    body: dict[str, Json] = {
        "division": "140200",
        "check": "camera-online",
        "subject": f"camera:gate{number}",
        "from": "pass",
        "to": "fail",
        "finding": {**FINDING, "subject": f"camera:gate{number}"},
    }
    return Draft("event", body)


FINDING: Final[dict[str, Json]] = {
    "check": "camera-online",
    "subject": "camera:gate1",
    "status": "fail",
    "severity": "major",
    "reason": "unreachable",
    "message": "no answer from 门卫室",
    "source": {"document": "example rule", "article": "1"},
    "evidence": {"attempts": 2, "elapsed_s": 20.0},
    "caused_by": "",
}
CONFIG: Final[dict[str, Json]] = {
    "division": "140200",
    "agent": {"version": "0.1.0"},
    "devices": [
        {
            "id": "nvr",
            "driver": "onvif",
            "identity": {"manufacturer": "m", "model": "x", "firmware": "1", "serial": "2"},
        },
        {"id": "lobby", "driver": "onvif", "identity": None},
    ],
    "undeclared": [],
    "cameras": [
        {
            "id": "gate1",
            "code": "14020000001320000001",
            "provisional": False,
            "name": "门",
            "device": "nvr",
            "channel": 1,
            "masks_digest": "d" * 64,
            "retention": {"oldest_at": "2026-10-20T00:00:00Z", "spans": 1},
        },
        {
            "id": "lobby",
            "code": None,
            "provisional": True,
            "name": "",
            "device": "lobby",
            "channel": 1,
            "masks_digest": None,
            "retention": None,
        },
    ],
    "findings": [FINDING],
    "digests": {"config": "c" * 64, "desired": None},
    "answers": [],
}
HEALTH: Final[dict[str, Json]] = {
    "division": "140200",
    "next_due_at": "2026-11-24T15:19:00Z",
    "counts": {"pass": 1, "warn": 0, "fail": 1, "unknown": 0, "not_applicable": 0},
    "code_prefix": "140200000013200000",
    "cameras": {"fail": [["gate1", "01"]], "pass": [["lobby", None], ["yard", "02"]]},
    "not_pass": [
        {
            "check": "camera-online",
            "status": "fail",
            "reason": "unreachable",
            "count": 1,
            "subjects": ["camera:gate1"],
        }
    ],
    "queue": {"pending": 0, "sent": 0, "parked": 0, "confirmed": 0, "dropped": 0},
    "host": {"cpu_ratio": 0.1, "memory_ratio": 0.25, "disk_free_bytes": 1000000, "uptime_s": 86400},
    "agent": {"version": "0.1.0"},
}

if __name__ == "__main__":
    main()
