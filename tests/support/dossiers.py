"""Dossiers of made-up sites for tests of the pure parts, and the same ZIP with one thing changed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from footage_looks import facts_of
from handed_over import SIGNER
from sites import NOW, camera, healthy, observed, site

from agent.model.finding import utc_text
from agent.onsite.filing.contents import Dossier, dossier_of
from agent.onsite.filing.lists import lists
from agent.onsite.filing.page import render_page
from agent.onsite.filing.wire import content_bytes
from agent.onsite.handover.report import KeyPart
from agent.onsite.one_look.result import CheckResult
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Site
from agent.site.declarations.standing import Declaration
from agent.site.rules.read import shipped
from agent.text.translate import LANGUAGES
from agent.verify.paper import DOSSIER, pack_paper
from drivers.details import Interface, Interfaces
from drivers.footage import Disk, Disks
from drivers.model import Camera, Identity, Observations, Value
from drivers.picture import Stream, Streams, StreamSample

STREAMS = Streams((Stream("main", "rtsp://192.0.2.1/m", "H265", 2560, 1440, 25.0, 4096, 50), Stream("snapshot", "x")))
SAMPLE = StreamSample("main", 10.0, 250, 24.96, 3_900_400, 2560, 1440, "H265", 2.0, 0)
TERA = 1_000_000_000_000
DEVICE = (
    Identity("ACME", "N8", "V4.1", "SN-0042", "1.0"),
    Interfaces((Interface("eth0", "02:00:00:00:00:01", ("192.0.2.1/24",)),)),
    Disks((Disk("1", "HDD", "ok", capacity_bytes=4 * TERA), Disk("2", "HDD", "ok", capacity_bytes=4 * TERA))),
)


def word(
    duty: str, value: object, day: date | None = None, sha256: str = "", at: date = date(2026, 1, 31)
) -> Declaration:
    """Return one declaration of the site; a paper's date is `day`."""
    return Declaration(duty, value, "Li Na", at, None, (), "", sha256, day)  # type: ignore[arg-type]


def paper(duty: str, day: date = date(2026, 10, 1), sha256: str = "ab" * 32) -> Declaration:
    """Return a paper that is declared; of a receipt `day` is that of filing."""
    return word(duty, f"no. {duty}", day, sha256)


def filing_site(*declared: Declaration, **changes: object) -> Site:
    """Return a site of one camera under the shipped rules, in use since 2026-11-01, where these words were given."""
    plain = site(camera(), in_use_since=date(2026, 11, 1), packs=shipped())
    return replace(plain, declarations=(*plain.declarations, *declared), **changes)  # type: ignore[arg-type]


def looked(
    a_site: Site, *more: Value, at: datetime = NOW, camera_values: tuple[Value, ...] = (STREAMS, SAMPLE)
) -> CheckResult:
    """Return what a look found at a site whose one device and camera say these."""
    seen: Observations = (
        *observed("device:box", *(more or DEVICE)),
        *observed("camera:gate", *camera_values),
        *healthy(),
    )
    return CheckResult(a_site, CycleResult(facts_of(a_site, seen), ()), at)


def dossier(a_site: Site | None = None, *more: Value) -> Dossier:
    """Return the dossier of a site."""
    return dossier_of(looked(a_site or filing_site(), *more))


def files_of(one: Dossier) -> dict[str, bytes]:
    """Return its files, without papers."""
    key = KeyPart(SIGNER.kid, True)
    pages = {f"dossier.{lang}.html": render_page(one, key, lang).encode() for lang in LANGUAGES}
    return {DOSSIER.content: content_bytes(one), **{each.name: each.csv for each in lists(one, "en")}, **pages}


def packed(one: Dossier | None = None, papers: Mapping[str, bytes] | None = None) -> bytes:
    """Return the ZIP of a dossier, signed with the published key of RFC 7515."""
    one = one or dossier()
    return pack_paper(DOSSIER, one.site, utc_text(one.at), {**files_of(one), **(papers or {})}, SIGNER)


def members(data: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(folder: Path, data: bytes, name: str = "dossier.zip") -> Path:
    """Write a ZIP and return its path."""
    path = folder / name
    path.write_bytes(data)
    return path


def page(one: Dossier, lang: str = "en", is_site_key: bool = True) -> str:
    """Return the printable pages of a dossier."""
    return render_page(one, KeyPart(SIGNER.kid, is_site_key), lang)


def hostile_dossier(text: str) -> Dossier:
    """Return the dossier of a site in which every text, of devices and of people, is this one."""
    box = Identity(text, text, text, text, text)
    a_site = filing_site(
        word("legal-unit", text), cameras=(camera(camera=Camera("gate", "box", text, placement=text)),)
    )
    streams = replace(STREAMS, streams=(replace(STREAMS.streams[0], encoding=text),))
    return dossier_of(looked(a_site, box, camera_values=(streams, SAMPLE)))
