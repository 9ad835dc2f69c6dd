"""Encodes references of approved views as bytes and text: at most one for each light mode. Pure.

They are small pictures of a real place (`masking/view/baseline.py`): never in a repr, a log or a report.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path

from masking.view import baseline
from masking.view.baseline import BaselineError
from masking.view.model import LIGHT_MODES, LightMode

log = logging.getLogger("camwarden.references")


def with_reference(references: tuple[bytes, ...], descriptor: bytes) -> tuple[bytes, ...]:
    """Return the references with a new one, which replaces that of its own light mode.

    Raises:
        BaselineError: The new bytes are no whole descriptor.
    """
    light = baseline.decode(descriptor).light
    kept = {baseline.light_of(one): one for one in references} | {light: descriptor}
    return tuple(kept[mode] for mode in LIGHT_MODES if mode in kept)


def lights_of(references: Iterable[bytes]) -> tuple[LightMode, ...]:
    """Return the light mode of each reference, validated before by `from_texts`."""
    return tuple(baseline.light_of(one) for one in references)


def digests(references: Iterable[bytes]) -> list[str]:
    """Return SHA-256, hex, of each reference."""
    return [hashlib.sha256(reference).hexdigest() for reference in references]


def to_texts(references: Iterable[bytes]) -> list[str]:
    """Return the references as base64 for a file."""
    return [base64.b64encode(one).decode("ascii") for one in references]


def from_texts(texts: list[str], path: Path) -> tuple[bytes, ...]:
    """Return the whole references; a damaged one is logged with its file `path`, and costs only its light mode."""
    kept: tuple[bytes, ...] = ()
    for text in texts:
        try:
            kept = with_reference(kept, base64.b64decode(text, validate=True))
        except (BaselineError, ValueError) as error:
            log.warning("%s: a reference is damaged (%s): take it again", path, type(error).__name__)
    return kept
