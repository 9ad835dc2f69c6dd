"""Describes the interface for programs as an OpenAPI document, from the table of routes and the rows of answers.

`packaging/write_openapi.py` writes it to `openapi.json`, a test holds the file to this, and each answer to the file.

Source: OpenAPI Specification 3.1.1; JSON Schema 2020-12; RFC 9457 (problem details).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, get_args, get_type_hints

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import FindingRow, Stretch
from agent.hub.domain.rows.seen import ListedSite
from agent.hub.domain.rows.words import Kind, Word
from agent.hub.views.silent import KINDS
from agent.hub.web.api.told import webhooks
from agent.hub.web.asked import Route
from agent.hub.web.filters import OF_FINDINGS
from agent.version import VERSION

FILE: Final = "openapi.json"
Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_PLAIN: Final[Mapping[object, Schema]] = {str: _TEXT, int: _NUMBER, bool: {"type": "boolean"}}

STATES: Final = ("waiting", "sent", "answer-expected", "answered", "refused", "answer-refused", "expired")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is said of a route: its summary, the names of its filters, whether it is paged, and its answer's schema."""

    summary: str
    filters: tuple[str, ...]
    is_paged: bool
    answer: str


OPERATIONS: Final[Mapping[str, Operation]] = {
    "api-findings": Operation(
        "Open findings: fails first, then by check, site and subject", OF_FINDINGS, True, "Findings"
    ),
    "api-sites": Operation("Sites by name, with what is open at each", ("division",), True, "Sites"),
    "api-site": Operation("One site: state, boxes, open findings, words, history", (), False, "Site"),
    "api-silent": Operation("Silent sites by kind and duration", (), True, "Silent"),
    "api-orders": Operation("What was asked of sites, oldest first, and the policies", ("site",), True, "Orders"),
}

_FILTER_VALUES: Final[Mapping[str, Schema]] = {
    "status": {"enum": list(OPEN)},
    "since": {**_TEXT, "format": "date"},
}

_SAID: Final = {
    "site": "id of a site",
    "division": "code of a division; with zeros at its end: all below it too",
    "maintainer": "name of a maintainer of cameras",
    "check": "id of a check",
    "model": "model of a box",
    "operator": "who operates the site",
    "assignee": "to whom it is assigned",
    "status": "status",
    "since": "open as it is since this day in China or later",
}


def document(routes: Iterable[Route]) -> Schema:
    """Return the document of the routes that `OPERATIONS` names."""
    paths: dict[str, Any] = {}
    for route in routes:
        if route.name in OPERATIONS:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, OPERATIONS[route.name])
    bearer = {"type": "http", "scheme": "bearer", "description": "A token of one's own account, made on the page."}
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "camwarden hub",
            "version": VERSION,
            "description": (
                "What a hub knows of the sites that report to it. A program gets what the owner of its token may see; a"
                " site outside of that is answered as one that does not exist. Times are RFC 3339 in UTC."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "webhooks": webhooks(),
        "components": {"securitySchemes": {"token": bearer}, "schemas": _schemas()},
    }


def _operation(route: Route, told: Operation) -> Schema:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": _SAID[name]}
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    filters = [
        {
            "name": name, "in": "query", "description": _SAID[name],
            "schema": _FILTER_VALUES.get(name, _TEXT),
        }
        for name in told.filters
    ]  # fmt: skip
    paging = [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}},
        {"name": "after", "in": "query", "schema": _TEXT, "description": "`next` of the page before"},
    ]
    answer = {"application/json": {"schema": _ref(told.answer)}}
    problems = {
        "401": "no token, or one that does not count",
        "403": "not with this role",
        "422": "a filter has no such value",
        **({"404": "there is none such, or it may not be seen"} if in_path else {}),
    }
    return {
        "operationId": route.name,
        "summary": told.summary,
        "parameters": [
            *in_path, *filters, *(paging if told.is_paged else ()),
            {"name": "If-None-Match", "in": "header", "schema": _TEXT, "description": "ETag of an answer before"},
        ],
        "responses": {
            "200": {"description": "what there is", "headers": {"ETag": {"schema": _TEXT}}, "content": answer},
            "304": {"description": "the client has just that"},
            **{
                status: {"description": said, "content": {"application/problem+json": {"schema": _ref("Problem")}}}
                for status, said in sorted(problems.items())
            },
        },
    }  # fmt: skip


def _schemas() -> Schema:
    device = _object(dict.fromkeys(("id", "manufacturer", "model", "firmware"), _TEXT))
    counted = _object(dict.fromkeys(OPEN, _NUMBER))
    of_site = {
        "site": _TEXT, "division": _TEXT, "division_told": _TEXT, "division_said_by": _TEXT, "made_at": _TEXT,
        "cameras": _NUMBER, "devices": _list(device),
        "state": _TEXT, "health_at": _OR_NULL, "counts": counted, "finding_counts": counted,
        "findings": _list(_ref("Finding")), "words": _list(_ref("Word")),
        "history": _list(_ref("Stretch")), "mean_repair_s": {"type": ["number", "null"]},
    }  # fmt: skip
    silent = _object({
        "site": _TEXT, "city": _TEXT, "kind": {"enum": list(KINDS)}, "why": _TEXT, "since": _TEXT, "silent_s": _NUMBER,
        "kid": _OR_NULL,
    })  # fmt: skip
    order = _object({
        "id": _TEXT, "site": _TEXT, "command": _TEXT, "state": {"enum": list(STATES)}, "reason": _TEXT,
        "created_at": _TEXT, "sent_at": _OR_NULL, "result_at": _OR_NULL, "expires_at": _TEXT,
    })  # fmt: skip
    policy = _object({
        "site": _TEXT, "desired_version": _NUMBER, "reported_version": _NUMBER, "refused": {"type": ["object", "null"]},
    })  # fmt: skip
    return {
        "Finding": _of(FindingRow, status={"enum": list(OPEN)}),
        "Stretch": _of(Stretch),
        "Word": _of(Word, kind={"enum": list(get_args(Kind))}),
        "ListedSite": _of(ListedSite),
        "Findings": _paged("camwarden-hub-findings/1", "findings", _ref("Finding")),
        "Sites": _paged("camwarden-hub-sites/1", "sites", _ref("ListedSite")),
        "Site": _object({"schema": {"const": "camwarden-hub-site/1"}, **of_site}),
        "Silent": _paged("camwarden-hub-silent/1", "sites", silent, at=_TEXT),
        "Orders": _paged("camwarden-hub-orders/1", "orders", order, policies=_list(policy)),
        "Problem": _object({"type": _TEXT, "title": _TEXT, "status": _NUMBER, "detail": _TEXT}),
    }


def _paged(schema: str, name: str, row: Schema, **more: Schema) -> Schema:
    rows = {"schema": {"const": schema}, "total": _NUMBER, name: _list(row), "next": _OR_NULL}
    return _object({**rows, **more})


def _of(row: type, **known: Schema) -> Schema:
    """Return the schema of a row: its texts and numbers."""
    kinds = get_type_hints(row)
    return _object({field.name: known.get(field.name) or _PLAIN[kinds[field.name]] for field in fields(row)})


def _object(members: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(members), "required": list(members)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
