"""The schemas of the contract, ready to hold messages against."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

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
    "vss-receipt/1": "receipt",
}
"""The kind of each payload that is no report."""


_FITTED: set[tuple[str, int, bytes]] = set()
"""Which word of which schema, by its identity, a part of a message was held against and fitted, by its digest."""


def _once(word: str) -> Callable[..., Iterator[jsonschema.ValidationError]]:
    """Hold a part of a message against a word of a schema, unless it has fitted before.

    Most of a report is as in the report before. No schema here looks at what stands around a part.
    """
    plain = jsonschema.Draft202012Validator.VALIDATORS[word]

    def held(validating: Any, value: Any, part: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
        known = word, id(schema), sha256(json.dumps(part, sort_keys=True).encode()).digest()
        if known not in _FITTED:
            wrong = list(plain(validating, value, part, schema) or ())
            if not wrong:
                _FITTED.add(known)
            yield from wrong

    return held


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {word: _once(word) for word in ("$ref", "properties")}
)


def validator(kind: str) -> jsonschema.Draft202012Validator:
    """Return the validator of one kind of message."""
    return _Validator(SCHEMAS[kind], registry=REGISTRY)


def fits(payload: bytes) -> None:
    """Hold a payload against the schema of its kind.

    Raises:
        jsonschema.ValidationError: It does not fit.
    """
    data = json.loads(payload)
    kind = data["stream"] if data["schema"] == "vss-report/1" else KINDS[data["schema"]]
    validator(kind).validate(data)
