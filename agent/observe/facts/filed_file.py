"""Stores the last filing with the police, beside the agent's other files. On disk.

`filing.json` in the state directory is a flattened JWS; its payload has the filed facts: number of cameras, storage
period, devices. The filing command writes it, the agent reads it in each cycle. The payload names its key: the
signature shows that the file is unchanged, the thumbprint who signed. Findings name the thumbprint, and `camwarden
verify` compares it with one that the reader trusts.
"""

import json
import logging
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from agent.contract.envelope import FILING_TYP, flatten, sign_payload, unflatten, verify
from agent.contract.jwk import public_key
from agent.contract.signing_keys import Signer
from agent.host.files import write_atomic
from agent.model.errors import AgentError
from agent.observe.facts.filed_system import FiledDevice, Filing

SCHEMA: Final = "camwarden-filed/1"
NAME: Final = "filing.json"
MAX_BYTES: Final = 4 * 1024 * 1024
ID_MAX_CHARS: Final = 64
NAME_MAX_CHARS: Final = 256

log = logging.getLogger("camwarden.filed_file")


def write_filed(directory: Path, filed: Filing, signer: Signer) -> None:
    """Write a filing below a state directory, replacing the last one. Raises OSError."""
    facts = {name: value for name, value in asdict(filed).items() if name != "kid"}
    body = {**facts, "schema": SCHEMA, "at": filed.at.isoformat(), "jwk": dict(signer.jwk)}
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    write_atomic(directory / NAME, flatten(payload, sign_payload(payload, signer, FILING_TYP)), 0o600)


def read_filed(directory: Path, site: str) -> Filing | None:
    """Return the last filing of a site, None where there is none, or where the file is damaged, which is logged."""
    path = directory / NAME
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("%s: the last filing cannot be read: %s", path, error.strerror)
        return None
    try:
        payload, jws = unflatten(data)
        body: dict[str, Any] = json.loads(payload)
        key = public_key(body["jwk"])
        verify(payload, jws, {key.kid: key}, FILING_TYP)
        filed = replace(_filing_from(body), kid=key.kid)
        if len(data) > MAX_BYTES or body["schema"] != SCHEMA or filed.site != site:
            raise ValueError("another file")
    except (AgentError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s: this filing is damaged or another site's (%s)", path, type(error).__name__)
        return None
    return filed


def _filing_from(body: dict[str, Any]) -> Filing:
    devices = tuple(FiledDevice(str(one["id"]), str(one["model"]), str(one["serial"])) for one in body["devices"])
    cameras = tuple(str(name) for name in body["cameras"])
    ids = (*cameras, *(device.id for device in devices))
    if not all(name.isprintable() and 0 < len(name) <= ID_MAX_CHARS for name in ids):
        raise ValueError("names that no configuration could hold")
    names = {str(id_): str(name) for id_, name in body.get("names", {}).items()}  # older filings hold none
    if not all(len(name) <= NAME_MAX_CHARS and name.isprintable() for name in names.values()):
        raise ValueError("names that no configuration could hold")
    return Filing(str(body["site"]), date.fromisoformat(body["at"]), cameras, int(body["storage_days"]), devices, names)
