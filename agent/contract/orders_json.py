"""Encodes and parses the four payloads of `agent/contract/orders.py`, and decides when one is well formed. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, TypeVar, get_args

from agent.contract import orders
from agent.contract.chain import STREAMS, encode, utc_text
from agent.contract.disputes import decided_json, read_decided
from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, REPORTED_TYP, RESULT_TYP, verify
from agent.contract.payload_bounds import read_json, read_time, refuse_other_times
from agent.contract.signing_keys import PublicKey
from agent.contract.topics import CITY, COMMAND_ID, SITE_ID
from agent.contract.watermark import is_number
from agent.host.clock import nearest
from agent.model.errors import NotVerified
from agent.model.finding import Json

COMMAND_SCHEMA: Final = "vss-cmd/1"
RESULT_SCHEMA: Final = "vss-cmd-result/1"
DESIRED_SCHEMA: Final = "vss-desired/1"
REPORTED_SCHEMA: Final = "vss-reported/1"

NAMES_MOST: Final = 256
"""Cameras or checks in one spot check."""

PACKS_MOST: Final = 8
"""Rule packs in one document; their size is bounded by that of an order."""

_EPOCH = re.compile(r"[0-9A-Za-z_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NONCE = re.compile(r"[0-9A-Za-z_-]{16,64}")
_NAME = re.compile(r"[0-9A-Za-z._-]{1,64}")
_WORD = re.compile(r"[a-z][a-z-]{0,63}")

_T = TypeVar("_T")
Keys = Mapping[str, PublicKey]


def write_command(command: orders.Command) -> bytes:
    """Return the payload that a hub signs as `vss-cmd+json`."""
    payload: dict[str, Json] = {
        "schema": COMMAND_SCHEMA,
        "site": command.site,
        "id": command.id,
        "ts": utc_text(command.at),
        "expires_at": utc_text(command.expires_at),
        "command": command.name,
    }
    if command.resend is not None:
        payload |= asdict(command.resend)
    if command.decided is not None:
        payload |= decided_json(command.decided)
    if command.spot_check is not None:
        asked = command.spot_check
        payload |= {"nonce": asked.nonce, "cameras": list(asked.cameras), "checks": list(asked.checks)}
    return encode(payload)


def read_command(order: orders.Order, hub_keys: Keys, site: str) -> orders.Command:
    """Return the command if a pinned hub signed it for this site.

    Raises:
        NotVerified: It did not, or it is no command; `reason` is `site`, `payload`, or one of `verify`.
    """
    verify(order.payload, order.jws, hub_keys, COMMAND_TYP)
    command = _parsed(order.payload, COMMAND_SCHEMA, _command)
    if command.site != site:
        raise NotVerified("site", "a command for another site")
    if command.id != order.topic_id:
        raise NotVerified("payload", "the topic names another command than the payload")
    return command


def write_result(result: orders.Result, now: datetime) -> bytes:
    """Return the payload that a site signs as `vss-cmd-result+json`."""
    named = result.report
    return encode(
        {
            "schema": RESULT_SCHEMA,
            "site": result.site,
            "city": result.city,
            "epoch": result.epoch,
            "id": result.id,
            "ts": utc_text(nearest(now)),
            "command": result.name,
            "status": result.status,
            "reason": result.reason,
            "report": asdict(named) if named else None,
            "resent": result.resent,
            "missing": [list(run) for run in result.missing],
        }
    )


def read_result(payload: bytes, jws: str, keys: Keys) -> orders.Result:
    """Return the outcome of a command, signed by a site's key.

    Raises:
        NotVerified: It is not signed by one of `keys`, or is no result.
    """
    verify(payload, jws, keys, RESULT_TYP)
    return _parsed(payload, RESULT_SCHEMA, _result)


def write_desired(desired: orders.Desired) -> bytes:
    """Return the payload that a hub signs as `vss-desired+json`."""
    payload: dict[str, Json] = {
        "schema": DESIRED_SCHEMA,
        "site": desired.site,
        "version": desired.version,
        "ts": utc_text(desired.at),
        "expires_at": utc_text(desired.expires_at) if desired.expires_at else None,
        "policy": dict(desired.policy),
    }
    if desired.packs:
        payload["packs"] = list(desired.packs)
    return encode(payload)


def read_desired(payload: bytes, jws: str, hub_keys: Keys, site: str) -> orders.Desired:
    """Return the desired policy, its values unvalidated, if a pinned hub signed it for this site.

    Raises:
        NotVerified: It did not, or it is none; `reason` is `site`, `payload`, or one of `verify`.
    """
    verify(payload, jws, hub_keys, DESIRED_TYP)
    desired = _parsed(payload, DESIRED_SCHEMA, _desired)
    if desired.site != site:
        raise NotVerified("site", "a policy for another site")
    return desired


def write_reported(reported: orders.Reported, now: datetime) -> bytes:
    """Return the payload that a site signs as `vss-reported+json`."""
    refused = reported.refused
    return encode(
        {
            "schema": REPORTED_SCHEMA,
            "site": reported.site,
            "city": reported.city,
            "epoch": reported.epoch,
            "ts": utc_text(nearest(now)),
            "version": reported.version,
            "policy": dict(reported.policy),
            "config_digest": reported.config_digest,
            "refused": asdict(refused) if refused else None,
        }
    )


def read_reported(payload: bytes, jws: str, keys: Keys) -> orders.Reported:
    """Return what is in force, signed by a site's key.

    Raises:
        NotVerified: It is not signed by one of `keys`, or is no such message.
    """
    verify(payload, jws, keys, REPORTED_TYP)
    return _parsed(payload, REPORTED_SCHEMA, _reported)


def _parsed(payload: bytes, schema: str, build: Callable[[Any], _T]) -> _T:
    data = read_json(payload)
    try:
        if data["schema"] != schema:
            raise ValueError
        refuse_other_times(data, "")
        return build(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "signed, but not a payload of {schema}", schema=schema) from None


def _command(data: Any) -> orders.Command:
    name = _one_of(data["command"], get_args(orders.CommandName))
    asked = orders.SpotCheck(_matching(data["nonce"], _NONCE), *(_names(data[key]) for key in ("cameras", "checks"))) \
        if name == "check-now" else None  # fmt: skip
    return orders.Command(
        _matching(data["id"], COMMAND_ID),
        _matching(data["site"], SITE_ID),
        name,
        read_time(data["ts"]),
        read_time(data["expires_at"]),
        _range(data) if name == "resend" else None,
        asked,
        read_decided(data) if name == "decide" else None,
    )


def _range(data: Any) -> orders.Range:
    if not (is_number(data["from_seq"]) and is_number(data["to_seq"]) and data["from_seq"] <= data["to_seq"]):
        raise ValueError
    stream = _one_of(data["stream"], STREAMS)
    return orders.Range(_matching(data["epoch"], _EPOCH), stream, data["from_seq"], data["to_seq"])


def _result(data: Any) -> orders.Result:
    report, resent = data["report"], data["resent"]
    if not (is_number(resent) or resent == 0):
        raise ValueError
    missing = tuple((first, last) for first, last in data["missing"])
    if not all(is_number(number) for run in missing for number in run):
        raise ValueError
    return orders.Result(
        _matching(data["id"], COMMAND_ID),
        *_from_site(data),
        data["command"] if data["command"] in get_args(orders.CommandName) else "",
        _one_of(data["status"], ("done", "refused")),
        _matching(data["reason"], _WORD) if data["reason"] else "",
        None if report is None else _report_ref(report),
        resent,
        missing,
    )


def _report_ref(data: Any) -> orders.ReportRef:
    if not is_number(data["seq"]):
        raise ValueError
    stream = _one_of(data["stream"], STREAMS)
    return orders.ReportRef(_matching(data["epoch"], _EPOCH), stream, data["seq"], _matching(data["digest"], _DIGEST))


def _desired(data: Any) -> orders.Desired:
    if not is_number(data["version"]) or not isinstance(data["policy"], dict):
        raise ValueError
    expires_at = None if data["expires_at"] is None else read_time(data["expires_at"])
    packs = data.get("packs", [])
    if not isinstance(packs, list) or len(packs) > PACKS_MOST or not all(isinstance(text, str) for text in packs):
        raise ValueError
    for text in packs:
        text.encode()  # a lone surrogate is no text
    site = _matching(data["site"], SITE_ID)
    return orders.Desired(site, data["version"], read_time(data["ts"]), data["policy"], expires_at, tuple(packs))


def _reported(data: Any) -> orders.Reported:
    refused, version = data["refused"], data["version"]
    if not (is_number(version) or version == 0) or not isinstance(data["policy"], dict):
        raise ValueError
    told = None
    if refused is not None:
        told = orders.Refused(int(refused["version"]), _matching(refused["reason"], _WORD), str(refused["why"])[:500])
    return orders.Reported(*_from_site(data), version, data["policy"], _matching(data["config_digest"], _DIGEST), told)


def _from_site(data: Any) -> tuple[str, str, str]:
    return _matching(data["site"], SITE_ID), _matching(data["city"], CITY), _matching(data["epoch"], _EPOCH)


def _one_of(value: Any, words: tuple[_T, ...]) -> _T:
    return words[words.index(value)]


def _matching(value: Any, like: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not like.fullmatch(value):
        raise ValueError
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > NAMES_MOST:
        raise ValueError
    return tuple(_matching(name, _NAME) for name in value)
