"""Fuzzing targets of files that people write, and of what the agent kept of their words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import ledgers
from handed_over import SIGNER
from sites import NOW, camera, site

from agent.contract.envelope import FILING_TYP, flatten, sign_payload, unflatten
from agent.judge.memory import notes
from agent.judge.memory.disputes import Decision, Dispute
from agent.observe.approvals import approvals, reference_views
from agent.observe.approvals.attested import Attestation
from agent.observe.facts import filed_file
from agent.observe.facts.filed_system import FiledDevice, Filing
from agent.observe.pictures import derived_views
from agent.onsite.ledger.files.grid import Unreadable
from agent.onsite.ledger.folder import draft
from agent.onsite.ledger.rows import read as read_ledger
from agent.onsite.ledger.sites import by_site, plan, with_given
from agent.site.config.load import load, load_declared
from agent.site.duties.hub_packs import NotAPack, read_packs
from agent.site.rules.read import read_pack
from agent.site.toml.document import parse_toml
from agent.site.toml.problems import ConfigError, Problem
from drivers.model import Mask
from fuzz.target import ROOT, Target
from masking.view import baseline

SITE = "S1"
DEEP = b'{"schema":' + b"[" * 2500
"""Deeper than any reader goes: json.loads ends in a RecursionError, which is no ValueError."""


@cache
def folder() -> TemporaryDirectory[str]:
    """Return one folder for all files of this process; it goes with it."""
    return TemporaryDirectory()


def place(name: str, data: bytes) -> Path:
    """Write a file below that folder, for its owner alone, and return its path."""
    path = Path(folder().name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o600)
    return path


# --- TOML


def _site_toml(data: bytes) -> object:
    return load_declared(place("toml/site.toml", data))


def _secrets_toml(data: bytes) -> object:
    return load(place("toml/named.toml", NAMED), place("toml/secrets.toml", data))


def _pack(data: bytes) -> object:
    with suppress(NotAPack, UnicodeDecodeError):
        read_packs((data.decode(),))
    problems: list[Problem] = []
    document = parse_toml(Path("pack.toml"), data, problems, holds_secrets=False)
    return read_pack(document, data) if document is not None else None


NAMED = b"""[site]
id = "dt0001"
city = "datong"
division = "140200"
[[device]]
id = "box"
host = "192.0.2.1"
driver = "onvif"
credential = "monitor"
[[camera]]
id = "one"
device = "box"
"""


def _toml_seeds() -> Iterator[bytes]:
    whole = (ROOT / "packaging/site.toml.sample").read_text()
    # Every line of the sample that shows an option, so that each table and key is met.
    shown = "\n".join(
        line.removeprefix("# ").removeprefix("#") for line in whole.split("\n") if "=" in line or "[" in line
    )
    yield b"\0" + whole.encode()
    yield b"\0" + shown.encode()
    for path in sorted((ROOT / "tests/badfiles").glob("*.toml")):
        yield (b"\1" if path.name.endswith(".secrets.toml") else b"\0") + path.read_bytes()
    yield b"\1" + (ROOT / "packaging/secrets.toml.sample").read_bytes()
    yield b'\1[credential.monitor]\nuser = "a"\npassword = "b"\n'
    for path in sorted((ROOT / "agent/site/rules").glob("*.toml")):
        yield b"\2" + path.read_bytes()[:6000]
    yield b"\2" + (ROOT / "agent/contract/scenarios/city-rules.toml").read_bytes()
    for number in range(3):
        yield bytes((number,)) + b"a = " + b"[" * 2500
        yield bytes((number,)) + b"a.b" * 1500 + b" = 1"
        yield bytes((number,)) + b"a = 1" + b"0" * 5000


# --- ledgers


def _ledger(data: bytes) -> object:
    read = read_ledger(data, {})
    groups, _ = by_site(read.entries)
    said = {"site_id": "dt0001", "city": "datong", "division": "140200"}
    new = Path(folder().name) / "new"
    return [draft(new, plan(with_given(rows, said), {}), {}, None, "Li", date(2026, 1, 1)) for rows in groups.values()]


def _ledger_seeds() -> Iterator[bytes]:
    rows = ledgers.school(6)
    yield ledgers.xlsx(rows)
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        yield "\n".join(",".join("" if c is None else str(c) for c in row) for row in (ledgers.HEADINGS, *rows)).encode(
            encoding
        )
    yield ";".join(ledgers.HEADINGS).encode() + b"\r\n" + b'="0012";"a\nb";' * 9
    for path in sorted((ROOT / "tests/fixtures/ledgers").glob("school*")):
        yield path.read_bytes()


# --- what was kept of people's words, below the state directory


def _approvals(data: bytes) -> object:
    root = place("kept/baselines/gate.json", data).parent.parent
    return approvals.read_approvals(root, SITE)


def _derived(data: bytes) -> object:
    root = place("derived/baselines/derived/gate.json", data).parent.parent.parent
    return derived_views.read_derived(root, SITE, {"gate": APPROVAL})


def _preset(data: bytes) -> object:
    name = reference_views._file_name("gate", "door")
    root = place(f"preset/baselines/presets/{name}", data).parent.parent.parent
    return reference_views.read_preset_views(root, SITE)


def _note(data: bytes) -> object:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        return notes.name_of(notes.from_data(json.loads(data)))
    return None


def _filing(data: bytes) -> object:
    root = place(f"filed/{filed_file.NAME}", data).parent
    found = [filed_file.read_filed(root, "S1")]
    with suppress(ValueError):
        place(f"filed/{filed_file.NAME}", flatten(data, sign_payload(data, SIGNER, FILING_TYP)))
        found.append(filed_file.read_filed(root, "S1"))
    return found


APPROVAL = approvals.approve(
    site(camera()),
    "gate",
    "Li",
    NOW,
    "seen",
    (Mask("m", ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4)), "Color", True, "#000000"),),
)


def _kept_seeds() -> Iterator[bytes]:
    root = Path(folder().name) / "state"
    grey = bytes(range(256)) * 3
    reference = baseline.encode(baseline.Descriptor("day", 32, 24, 1, grey))
    approval = replace(APPROVAL, references=(reference,))
    approvals.write_approval(root, approval)
    approvals.write_approval(root, replace(approval, by="Wang"))
    yield b"\3" + (root / "baselines/gate.json").read_bytes()
    made = (derived_views.DerivedReference("gate", derived_views._binding(APPROVAL), "day", "night", NOW, reference),)
    yield b"\4" + derived_views._file_bytes("gate", made)
    view = reference_views.PresetView("gate", "door", "Li", NOW, "seen", (reference,))
    reference_views.write_preset_view(root, view)
    yield b"\5" + next((root / "baselines/presets").glob("*.json")).read_bytes()
    ack = notes.Acknowledgement("camera-online camera:gate", NOW, "warn", NOW, "Li", NOW, "why")
    said = Dispute(key="k s", detected_at=NOW, status="fail", reason="r", by="Li", at=NOW, why="why")
    word = Decision(key="k s", dispute=said.said.id, outcome="upheld", by="Li", at=NOW, why="why", command="c")
    seen = Attestation(subject="camera:a", zone="z", drawn="0", by="Li", at=NOW, until=NOW, why="why")
    for note in (ack, notes.Settled("k", ("a",), "Li", NOW, "why"), said, word, seen):
        yield b"\6" + json.dumps(notes.to_data(note)).encode()
    filed_file.write_filed(root, Filing("S1", date(2026, 1, 1), ("gate",), 30, (FiledDevice("box", "m", "s"),)), SIGNER)
    whole = (root / filed_file.NAME).read_bytes()
    yield b"\7" + whole
    yield b"\7" + unflatten(whole)[0]
    for number in range(3, 8):
        yield bytes((number,)) + DEEP


# --- all of them


_READERS: tuple[Callable[[bytes], object], ...] = (
    _site_toml, _secrets_toml, _pack, _approvals, _derived, _preset, _note, _filing,
)  # fmt: skip


def _config(data: bytes) -> object:
    return _READERS[(data[0] if data else 0) % len(_READERS)](data[1:])


def _config_seeds() -> Iterator[bytes]:
    yield from _toml_seeds()
    yield from _kept_seeds()


FILES = {
    "config": Target(_config, (ConfigError,), _config_seeds, 24 * 1024, replays=100),
    "ledger": Target(_ledger, (Unreadable,), _ledger_seeds, replays=20),
}
