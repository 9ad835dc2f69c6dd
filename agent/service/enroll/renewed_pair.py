"""Replaces the pair of key and certificate on renewal: both wait whole beside the pair that is in use.

Two files cannot be replaced in one step. So the old pair is untouched until the new one is whole on disk, and the
waiting files are removed last: whatever interrupts this, `finish_replacement` repeats before anybody connects with half
of either. Decides nothing about certificates but which of two counts.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.deliver.keys.own_certificate import read_own
from agent.host.files import as_owner_of, replace_content
from agent.observe.facts.delivery import OwnCertificate
from agent.service.enroll.place import put_certificate, writing
from agent.site.config.report_key import TlsPlace
from agent.site.config.site import Hub

SUFFIX: Final = ".next"


def next_of(place: TlsPlace) -> TlsPlace:
    """Return where the next pair waits."""
    return replace(place, key=_next(place.key), certificate=_next(place.certificate))


def own_at(place: TlsPlace) -> OwnCertificate | None:
    """Return the present certificate, None where it or its key cannot be read."""
    own = read_own(Hub("", certificate=place.certificate, key=place.key))
    return own if isinstance(own, OwnCertificate) else None


def replace_pair(place: TlsPlace, certificate: bytes) -> None:
    """Replace the pair in use by a certificate and the waiting key; `finish_replacement` finishes what is cut off.

    Owner and mode of both files stay. Raises Forbidden or UsageError where a file cannot be written.
    """
    put_certificate(next_of(place), certificate)
    finish_replacement(place)


def finish_replacement(place: TlsPlace) -> None:
    """Finish what was cut off, if anything waits; drop a pair that would be a step back.

    Raises Forbidden or UsageError where a file cannot be written.
    """
    waits = next_of(place)
    if not waits.certificate.exists():
        return
    own, new = own_at(place), own_at(waits)
    if new is not None and new.key_fits and (own is None or not own.key_fits or new.not_after > own.not_after):
        for path, content in ((place.key, waits.key), (place.certificate, waits.certificate)):
            with writing(path), as_owner_of(path.parent):
                replace_content(path, content.read_bytes())
    for path in (waits.key, waits.certificate):  # the key first: alone it would be the next one's, though in use
        with writing(path), as_owner_of(path.parent):
            path.unlink(missing_ok=True)


def _next(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)
