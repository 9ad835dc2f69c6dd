"""Describes the messages to endpoints of other systems, for the OpenAPI document.

Source: OpenAPI Specification 3.1.1, `webhooks`; Standard Webhooks 1.0 (headers).
"""

from collections.abc import Mapping
from typing import Any, Final

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.webhooks import KINDS, Kind
from agent.hub.domain.webhooks import OVER, SCHEMA, TEST

Schema = dict[str, Any]

SUMMARIES: Final[Mapping[Kind, str]] = {
    "finding.failed": "A finding begins to fail",
    "finding.changed": "A finding that failed warns, or cannot be judged: it is not over",
    "finding.ended": "A finding that failed is over: no report has it any more",
    "site.silent": "A site that was heard of is silent",
    "site.back": "A silent site is heard of again",
    "repair.late": "A finding that was assigned to somebody is open behind its day",
}

_TEXT: Final[Schema] = {"type": "string"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_STATUS: Final[Schema] = {"enum": [*OPEN, OVER]}
_OF_FINDING: Final[Schema] = {
    **dict.fromkeys(("site", "division", "check", "subject"), _TEXT), "status": _STATUS, "before": _STATUS,
    **dict.fromkeys(("reason", "severity", "message", "model", "firmware", "maintainer"), _TEXT),
}  # fmt: skip
_DATA: Final[Mapping[Kind, Schema]] = {
    "finding.failed": _OF_FINDING,
    "finding.changed": _OF_FINDING,
    "finding.ended": _OF_FINDING,
    "site.silent": {**dict.fromkeys(("site", "division", "kind", "why"), _TEXT), "since": _TIME},
    "site.back": {**dict.fromkeys(("site", "division"), _TEXT), "since": _TIME},
    "repair.late": {
        **dict.fromkeys(("site", "division", "check", "subject", "assigned_to"), _TEXT),
        "due_on": {"type": "string", "format": "date"},
    },
}
_HEADERS: Final = {
    "webhook-id": "The id of what happened: the same when the message is sent again.",
    "webhook-timestamp": "When it was sent, seconds since 1970.",
    "webhook-signature": "`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`; two while a secret is exchanged.",
}
_BEHAVIOUR: Final = (
    "A 2xx means that it was taken; the body of an answer is not read, and no redirect is followed. With 410 nothing"
    " more is sent. Anything else is tried again for three days, with growing waits or as `Retry-After` says. Messages"
    " may come twice, by the same id, and not in their order: `sequence` counts those of this endpoint without a gap."
)


def webhooks() -> Schema:
    """Return the section of the document."""
    told = {kind: _operation(kind, SUMMARIES[kind], _DATA[kind]) for kind in KINDS}
    return told | {TEST: _operation(TEST, "A person tries the endpoint", {"hook": _TEXT})}


def _operation(kind: str, summary: str, data: Schema) -> Schema:
    body = {
        "schema": {"const": SCHEMA}, "type": {"const": kind}, "id": _TEXT, "sequence": {"type": "integer"},
        "timestamp": {**_TIME, "description": "When it happened: of findings the site's time."}, "data": _object(data),
    }  # fmt: skip
    headers = [
        {"name": name, "in": "header", "required": True, "schema": _TEXT, "description": said}
        for name, said in _HEADERS.items()
    ]
    return {
        "post": {
            "operationId": kind,
            "summary": summary,
            "description": _BEHAVIOUR,
            "security": [],
            "parameters": headers,
            "requestBody": {"required": True, "content": {"application/json": {"schema": _object(body)}}},
            "responses": {
                "2XX": {"description": "it was taken"},
                "410": {"description": "nothing more is to be sent"},
                "default": {"description": "it is sent again"},
            },
        }
    }


def _object(members: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(members), "required": list(members)}
