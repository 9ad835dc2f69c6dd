"""The schemas of the contract, ready to hold messages against."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from referencing import Registry, Resource

CONTRACT = Path(__file__).parents[2] / "agent" / "contract"
SCHEMAS = {path.name.split(".")[0]: json.loads(path.read_text()) for path in CONTRACT.glob("*.schema.json")}
REGISTRY = Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in SCHEMAS.values())
KINDS = {
    "vss-state/1": "state",
    "vss-ack/1": "ack",
    "vss-cmd/1": "cmd",
    "vss-cmd-result/1": "cmd-result",
    "vss-desired/1": "desired",
    "vss-reported/1": "reported",
    "vss-names/1": "names",
    "vss-voucher/1": "voucher",
    "vss-voucher-refused/1": "voucher-refused",
    "vss-receipt/1": "receipt",
}
"""The kind of each payload that is no report."""


def validator(kind: str) -> jsonschema.Draft202012Validator:
    """Return the validator of one kind of message."""
    return jsonschema.Draft202012Validator(SCHEMAS[kind], registry=REGISTRY)


def fits(payload: bytes) -> None:
    """Hold a payload against the schema of its kind.

    Raises:
        jsonschema.ValidationError: It does not fit.
    """
    data = json.loads(payload)
    kind = data["stream"] if data["schema"] == "vss-report/1" else KINDS[data["schema"]]
    validator(kind).validate(data)
