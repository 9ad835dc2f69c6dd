"""Defines commands and policies, as ports hand them out. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A command that was given, and its state; `status` as `agent/hub/stores/schema.py` lists it."""

    id: str
    site: str
    name: str
    created_at: str
    expires_at: str
    sent_at: str
    status: str
    reason: str
    result_at: str


Status = Literal["", "waits", "answered", "refused", "answer-refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentCommand:
    """A command that is to be published, and the city of its site."""

    site: str
    id: str
    city: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class GivenCommand:
    """A command as it was given; `result`: what the site answered, empty for nothing."""

    site: str
    id: str
    name: str
    status: Status
    payload: bytes = field(repr=False)
    result: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsentPolicy:
    """A policy that is to be published, and the city of its site."""

    site: str
    version: int
    city: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
