"""Renders the texts of a support archive, one function each. Only reads; what is absent raises `NotThere`."""

import hashlib
import json
import os
import platform
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agent.contract.signing_keys import REPORT_KEY_NAME
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.read_only import view
from agent.host.health import clock_synced, load
from agent.host.paths import CREDENTIALS_NAME, credentials_file
from agent.host.users import own_id
from agent.model.finding import Json, Message, utc_text
from agent.onsite.bundle.packing import NotThere
from agent.onsite.doctor import PROBES
from agent.onsite.doctor.host import software
from agent.onsite.doctor.model import Situation
from agent.onsite.doctor.survey import as_json, examine
from agent.report.plain_findings import plain_findings
from agent.site.config.load import secrets_path
from agent.site.config.tables import HIDDEN, redacted, site_tables, toml_text
from agent.text.redact import redact, redact_json
from agent.version import VERSION
from drivers.credentials import read_entries
from drivers.http.samples import MAX_BYTES as SAMPLE_MAX_BYTES
from drivers.http.samples import MAX_FILES, scrubbed

JOURNAL_LINES: Final = 2000
_JOURNAL_S = 15.0
_DIGEST_MAX_BYTES = 16 * 1024 * 1024
_NAMES = frozenset({"name", "code", "host", "placement"})
"""Keys of status and findings that tell a place; reasons and ids stay, for without them nothing can be understood."""

Secrets = tuple[str, ...]


def about(situation: Situation, _: Secrets) -> str:
    """Describe the program and its host."""
    here = load(situation.storage.directory)
    return _json(
        {
            "version": VERSION,
            "at": utc_text(situation.now),
            "running": situation.is_running,
            "user": own_id(),
            "kernel": platform.release(),
            "machine": platform.machine(),
            "system": _system(),
            "clock_synced": clock_synced(),
            "memory_ratio": here.memory_ratio,
            "disk_free_bytes": here.disk_free_bytes,
            "disk_capacity_bytes": here.disk_capacity_bytes,
            "uptime_s": here.uptime_s,
            "libraries": dict(software(situation).evidence),
        }
    )


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return ""


def configuration(situation: Situation, _: Secrets) -> str:
    """Render the configuration, places hidden; where it is wrong, its mistakes."""
    mistakes = "".join(f"# {redact(str(problem))}\n" for problem in situation.problems)
    if situation.site is None:
        return f"# it cannot be used:\n{mistakes}"
    tables = redact_json(redacted(site_tables(situation.site)))
    return mistakes + toml_text(_mapping(tables))


def status(situation: Situation, _: Secrets) -> str:
    """Return the status file."""
    if situation.status is None:
        raise NotThere(Message("the service has left no status"))
    return _json(_without_places(situation.status.content))


def doctor(situation: Situation, _: Secrets) -> str:
    """Return what `camwarden doctor --json` prints."""
    return _json(as_json(situation, examine(situation, PROBES)))


def findings(situation: Situation, _: Secrets) -> str:
    """Return the findings of the newest config report that is still in the spool, without its other contents."""
    with _spool(situation) as look:
        seq = look.heads()["config"].seq
        kept = look.one(look.meta("epoch"), "config", seq)
    if kept is None:
        raise NotThere(Message("the spool holds no full report"))
    report: Any = json.loads(kept.payload)
    return _json({"at": utc_text(kept.committed_at), "findings": _without_places(plain_findings(report["body"]))})


def queue(situation: Situation, _: Secrets) -> str:
    """Return counts and heads; no payload."""
    with _spool(situation) as look:
        totals, epoch, streams = look.totals(), look.meta("epoch"), look.streams()
        layout = look.meta("layout")
    return _json(
        {
            "epoch": epoch,
            "layout": layout,
            "counts": totals.counts,
            "oldest_at": utc_text(totals.oldest_at) if totals.oldest_at else None,
            "unconfirmed_bytes": totals.unconfirmed_bytes,
            "file_bytes": totals.file_bytes,
            "dropped": totals.dropped,
            "heads": {name: [row.head.seq, row.head.digest] for name, row in streams.items()},
            "confirmed": {name: row.confirmed.seq for name, row in streams.items()},
        }
    )


def _spool(situation: Situation) -> Any:
    path = situation.storage.directory / SPOOL_NAME
    hidden = path.parent.exists() and not os.access(path.parent, os.X_OK)
    if not hidden and not path.exists():
        raise NotThere(Message("there is no spool yet"))
    return view(path)


def logins(situation: Situation, _: Secrets) -> str:
    """Return the states of logins by device."""
    entries = read_entries(credentials_file(situation.storage.directory, situation.environ))
    return _json(
        [
            {"device": e.device, "state": e.state, "since": e.since, "not_before": e.not_before, "detail": e.detail}
            for e in entries
        ]
    )


def samples(situation: Situation, secrets: Secrets) -> str:
    """Return the stored samples in one text. Their bodies were blanked when they were stored, and are once more."""
    folder = situation.storage.directory / "samples"
    files = sorted(folder.glob("*.txt"))[:MAX_FILES] if folder.is_dir() else []
    texts = [f"==== {path.name}\n{_sample(path, secrets)}\n" for path in files]
    if not texts:
        raise NotThere(Message("no answer of a device was malformed"))
    return redact("\n".join(texts))


def _sample(path: Path, secrets: Secrets) -> str:
    try:
        return scrubbed(_regular(path), secrets).decode("utf-8", "replace")
    except OSError as error:
        return f"[cannot be read: {error.strerror}]"


def _regular(path: Path) -> bytes:
    """Return the beginning of a plain file: a link could lead out of the folder."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(2 * SAMPLE_MAX_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""


def journal(situation: Situation, _: Secrets) -> str:
    """Return the newest lines of the service's log."""
    command = [
        "journalctl",
        "--unit",
        "camwarden",
        "--lines",
        str(JOURNAL_LINES),
        "--no-pager",
        "--output",
        "short-iso",
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_JOURNAL_S, check=False, stdin=subprocess.DEVNULL)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        raise NotThere(Message("the journal cannot be read here")) from None
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0 or not text.strip() or text.startswith("-- No entries"):
        raise NotThere(Message("the journal holds nothing of the service, or this user may not read it"))
    lines = (line if line.isprintable() else ascii(line)[1:-1] for line in text.splitlines()[-JOURNAL_LINES:])
    return redact("\n".join(lines) + "\n")


def files(situation: Situation, _: Secrets) -> str:
    """List mode, owner and size of each file known by name, and digests of those without secrets.

    A digest of secrets.toml would let its passwords be guessed.
    """
    return _json([_file(path, open_to_all) for path, open_to_all in _known_files(situation)])


def _known_files(situation: Situation) -> Iterator[tuple[Path, bool]]:
    """Yield each path, and whether its content may be digested."""
    state, site = situation.storage.directory, situation.site
    yield situation.config, True
    yield secrets_path(situation.config)[0], False
    yield state, False
    for name in (REPORT_KEY_NAME, CREDENTIALS_NAME, SPOOL_NAME, "baselines.json"):
        yield state / name, False
    for name in ("desired.json", "orders.json"):
        yield state / name, True
    yield situation.storage.runtime, False
    for broker in (site.hub, *site.mirrors) if site else ():
        if broker is not None:
            yield from ((path, True) for path in (broker.ca, broker.certificate) if path is not None)
            yield from ((path, False) for path in (broker.key,) if path is not None)
    if site is not None and site.hub is not None and site.hub.jwks is not None:
        yield site.hub.jwks, True


def _file(path: Path, open_to_all: bool) -> dict[str, Json]:
    try:
        status_ = path.stat()
        facts: dict[str, Json] = {
            "path": str(path), "mode": f"{stat.S_IMODE(status_.st_mode):04o}", "uid": status_.st_uid,
            "gid": status_.st_gid, "bytes": status_.st_size,
        }  # fmt: skip
        if open_to_all and stat.S_ISREG(status_.st_mode) and status_.st_size <= _DIGEST_MAX_BYTES:
            facts["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return {"path": str(path), "error": error.strerror}
    return facts


def _without_places(value: Any) -> Json:
    """Redact a JSON value's keys that identify a place."""
    if isinstance(value, Mapping):
        return {key: HIDDEN if key in _NAMES and inner else _without_places(inner) for key, inner in value.items()}
    return [_without_places(element) for element in value] if isinstance(value, list) else value


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _json(value: Json) -> str:
    return json.dumps(redact_json(value), ensure_ascii=False, indent=2) + "\n"
