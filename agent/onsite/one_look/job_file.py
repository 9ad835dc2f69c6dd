"""Stores a repair job: the look that found the fault and the one after the repair, each signed.

`NAME.open.json` and `NAME.close.json` are flattened JWS; `camwarden verify` checks them offline. The second names the
digest of the first, so that the first cannot be exchanged. They are signed with the site's report key where this user
has it, else with a key that is made here: a reader has to compare the thumbprint.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

from agent.contract.envelope import CHECK_TYP, flatten, sign_payload, unflatten, verify
from agent.contract.signing_keys import PublicKey, Signer
from agent.host.files import write_atomic
from agent.judge.memory.episodes import WELL
from agent.model.errors import Forbidden, NotVerified, UnknownKey, UsageError, os_words
from agent.model.finding import Finding, Json, Message, Severity, Status, utc_text, values_from
from agent.report.build import finding_json, parse_finding
from agent.report.indication import indication
from agent.site.config.site import Site
from agent.text.harmless import printable
from agent.version import VERSION

SCHEMA: Final = "camwarden-check-job/1"
CHECK_SCHEMA: Final = "camwarden-check/1"
FOLDER: Final = "jobs"
MAX_BYTES: Final = 64 * 1024 * 1024

_NAME = re.compile(r"\w[\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class EarlierLook:
    """An earlier look: its site, time and configuration, and what was not well.

    `digest`: SHA-256 of the signed payload, empty where it is unsigned. `kid`: the unknown key of its signature.
    """

    site: str
    at: datetime
    config_digest: str
    findings: tuple[Finding, ...]
    digest: str = ""
    kid: str = ""


def path_of(folder: Path, job: str, run: str) -> Path:
    """Return the file of a job's run, `open` or `close`. Raises UsageError for a name that no file may have."""
    if not _NAME.fullmatch(job):
        raise UsageError(
            "{job!r} is no name for a job: letters, digits, dots and dashes, 64 at most", job=printable(job)
        )
    return folder / f"{job}.{run}.json"


def signed(signer: Signer, site: Site, job: str, run: str, at: datetime, findings: Iterable[Finding],
           more: Mapping[str, Json]) -> bytes:  # fmt: skip
    """Encode a job's run as a flattened JWS; of the findings only those that are not well."""
    body: dict[str, Json] = {
        "schema": SCHEMA,
        "version": VERSION,
        "job": job,
        "run": run,
        "site": site.id,
        "at": utc_text(at),
        "cfg_digest": site.digest,
        "jwk": dict(signer.jwk),
        "findings": [_row(one) for one in findings if one.status not in WELL],
        "indication": indication("en"),
        **more,
    }
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return flatten(payload, sign_payload(payload, signer, CHECK_TYP))


def write(path: Path, data: bytes) -> None:
    """Store a job's run, readable by its owner. Raises Forbidden where the folder may not be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, data, 0o600)
    except OSError as error:
        raise Forbidden("{path}: {why}; jobs are kept there", path=path, why=os_words(error)) from None


def read_look(path: Path, site: str, keys: Mapping[str, PublicKey], known_only: bool) -> EarlierLook:
    """Parse an earlier look at `site`: the output of `check --json`, or a signed job.

    `keys` are the trusted keys; `known_only`: refuse what none of them signed.

    Raises:
        UsageError: There is no such file, or it is no earlier look at this site.
        NotVerified: It was signed, and changed since; or `known_only`, and no trusted key signed it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError("{path}: there is no such file; give what an earlier check has written", path=path) from None
    except OSError as error:
        raise UsageError(
            "{path}: cannot be read: {why}; give what an earlier check has written", path=path, why=os_words(error)
        ) from None
    digest = kid = ""
    try:
        document: Any = json.loads(data)
        if (isinstance(document, dict) and "payload" in document) or known_only:
            payload, jws = unflatten(data)
            kid = _verified(path, payload, jws, keys, known_only)
            document, digest = json.loads(payload), hashlib.sha256(payload).hexdigest()
        look = _parse_look(document, digest, kid)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            "{path}: neither the output of `check --json` nor a job of `check --open`", path=path
        ) from None
    if look.site != site:
        raise UsageError(
            "{path}: a look at site {site!r}, and not at {site2!r}", path=path, site=printable(look.site), site2=site
        )
    return look


def _verified(path: Path, payload: bytes, jws: str, keys: Mapping[str, PublicKey], known_only: bool) -> str:
    """Return the key whose signature could not be checked, empty where it was."""
    try:
        verify(payload, jws, keys, CHECK_TYP)
    except UnknownKey as error:
        if not known_only:
            return error.kid
        raise NotVerified(
            error.reason, "{path}: not signed by the key of this host: open the job anew", path=path
        ) from None
    except NotVerified as error:
        raise NotVerified(
            error.reason, "{path}: {error}: it was changed; open the job anew", path=path, error=error
        ) from None
    return ""


def _row(finding: Finding) -> dict[str, Json]:
    """Return a finding with its message's template and values, for readers of another language."""
    return {**finding_json(finding), "said": [finding.message.template, finding.message.plain_values()]}


def _finding(row: Mapping[str, Any]) -> Finding:
    finding = parse_finding(row)
    if "said" not in row:
        return finding
    template, values = row["said"]
    said = Message(template, values_from(values))
    return replace(finding, message=said) if str(said) == row["message"] else finding


def _parse_look(document: Any, digest: str, kid: str) -> EarlierLook:
    if document["schema"] not in (SCHEMA, CHECK_SCHEMA):
        raise ValueError("another kind of file")
    site = document["site"] if document["schema"] == SCHEMA else document["site"]["id"]
    at = datetime.fromisoformat(document["at"])
    findings = tuple(_finding(one) for one in document["findings"])
    if at.tzinfo is None or not all(_is_sound(one) for one in findings):
        raise ValueError("values that do not fit")
    return EarlierLook(str(site), at, str(document.get("cfg_digest", "")), findings, digest, kid)


def _is_sound(one: Finding) -> bool:
    """Validate the types of a finding from a file that anybody may have written."""
    texts = (one.check, one.subject, one.reason, one.caused_by, one.message.template)
    return (
        one.status in get_args(Status)
        and one.severity in get_args(Severity)
        and all(isinstance(text, str) for text in texts)
    )
