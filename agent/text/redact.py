"""Redacts what has the form of a secret before it is logged or shown: a last net. Pure.

Logins in URLs, authorization headers, passwords in key-value pairs, XML and JSON.
"""

import re
from collections.abc import Mapping

from agent.model.finding import Json

GONE = "***"

_KEYS = frozenset({"password", "passwd", "passphrase", "pwd", "secret", "jws"})
"""JSON names whose values are redacted. A signature is no secret, but long and of no use to a reader."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)((?:proxy-)?authorization[\"']?\s*[:=]\s*).*"), rf"\1{GONE}"),
    (re.compile(r"(?i)(<(?:\w+:)?(?:password|passwd|nonce|secret)\b[^<>]*>)[^<]*"), rf"\1{GONE}"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:password|passwd|passphrase|pwd|secret|token)\b[\"']?\s*[:=]\s*)(?!\"\.\.\.\")"
            r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&}\])]+)"
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"\b(camwarden1\.)[\w-]{16,}"), rf"\1{GONE}"),  # an enrollment token, also a part of one
    (re.compile(r"(?i)\b(response|nonce|cnonce)=(?:\"[^\"]*\"|[^\s,]+)"), rf"\1={GONE}"),
    (
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        GONE,
    ),
)
"""None rescans what it has scanned in vain: texts come from devices, and time must stay linear in length."""

_RUN = re.compile(r"[^\s\"'<>]+")


def redact(text: str) -> str:
    """Return the text with secrets replaced, in time linear in its length."""
    text = _RUN.sub(_without_login, text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def _without_login(run: re.Match[str]) -> str:
    """Remove the login of a URL, up to the last @: a password may hold one. Rather too much than too little."""
    before, scheme, rest = run[0].partition("://")
    _, at, host = rest.rpartition("@")
    return f"{before}{scheme}{GONE}@{host}" if at else run[0]


def redact_json(value: Json) -> Json:
    """Return a JSON value with each text redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {key: GONE if key in _KEYS and inner else redact_json(inner) for key, inner in value.items()}
    return [redact_json(element) for element in value] if isinstance(value, list) else value
