"""Serves the page's own files: one document, one style sheet, plain modules; nothing comes from outside.

The document holds no secret, and may be read by anybody who reaches the listener. Its policy lets only scripts with the
nonce of this very answer run, and no other page frame it.

Source: W3C Content Security Policy Level 3; W3C Trusted Types.
"""

import gzip
import re
import secrets
from functools import lru_cache
from importlib import resources
from typing import Final

from agent.onsite.ui.refusals import NotFound

KINDS: Final = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
NONCE: Final = "{{ nonce }}"
NONCE_BYTES: Final = 18
_MODULE: Final = re.compile(r"[a-z_]{1,32}\.js")
_PAGE: Final = "agent.onsite.ui.page"
_SHARED: Final = "agent.text"
SHARED_CSS: Final = "tones.css"
"""The colours of every page and paper, before the page's own rules."""


def document(lang: str) -> tuple[bytes, str]:
    """Return the document with a new nonce, and its policy."""
    nonce = secrets.token_urlsafe(NONCE_BYTES)
    text = _text(_PAGE, "index.html").replace(NONCE, nonce)
    return text.replace('<html lang="en">', f'<html lang="{lang.replace("_", "-")}">').encode(), policy(nonce)


def policy(nonce: str) -> str:
    """Return the Content-Security-Policy of a document with this nonce."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src blob:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )


def style() -> bytes:
    """Return the style sheet: the report's colours, then the page's rules."""
    return (_text(_SHARED, SHARED_CSS) + _text(_PAGE, "app.css")).encode()


def script(name: str) -> bytes:
    """Return one module of the page, by its bare name. Raises NotFound."""
    if not _MODULE.fullmatch(name):
        raise NotFound("there is no such file")
    return _text(_PAGE, name).encode()


@lru_cache(maxsize=64)
def packed(data: bytes) -> bytes:
    """Compress a file of the page, once: it holds no secret, so its length tells none. Source: RFC 9110 section 8.4."""
    return gzip.compress(data, 9, mtime=0)


def _text(package: str, name: str) -> str:
    try:
        return (resources.files(package) / name).read_text("utf-8")
    except (FileNotFoundError, ModuleNotFoundError):
        raise NotFound("there is no such file") from None
