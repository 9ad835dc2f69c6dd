"""Columns that are handed to PostgreSQL as arrays come there as they are, whatever their values."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from agent.hub.stores.postgres.columns import column
from agent.hub.stores.postgres.database import Connected, connect
from agent.hub.stores.postgres.store import Store


@pytest.mark.parametrize(
    ("of", "values"),
    [
        ("smallint", [0, -(2**15), 2**15 - 1]),
        ("integer", [0, -(2**31), 2**31 - 1]),
        ("bigint", [0, -(2**63), 2**63 - 1, 1]),
        ("text", ["", "S1", "大同 🎥", None, "{a,b}", '"\\', "NULL"]),
        ("bytea", [b"", b"\x00\xff", None, b"\\x00"]),
        ("text", []),
        ("bigint", []),
    ],
)
def test_a_column_comes_as_it_is(store: Store, hub: Path, of: str, values: Sequence[Any]) -> None:
    whole, each = f"SELECT %b::{of}[]", f"SELECT v FROM unnest(%b::{of}[]) v"  # noqa: S608  types of this test
    with closing(_connected(hub)) as to:
        assert to.db.execute(whole, [column(of, values)], binary=True).fetchall() == [(values,)]  # type: ignore[arg-type]
        rows = to.db.execute(each, [column(of, values)], binary=True).fetchall()  # type: ignore[arg-type]
        assert [one for (one,) in rows] == values, "a row for each of them"


@pytest.mark.parametrize(
    ("of", "value"), [("smallint", 2**15), ("integer", 2**31), ("bigint", 2**63), ("bigint", None)]
)
def test_a_number_that_its_type_cannot_hold_is_refused_and_never_cut(of: str, value: Any) -> None:
    with pytest.raises(struct.error):
        column(of, [value])


def test_a_text_that_postgresql_cannot_store_is_an_error_of_its_message(store: Store, hub: Path) -> None:
    with closing(_connected(hub)) as to, pytest.raises(psycopg.DataError):
        to.db.execute("SELECT %b::text[]", [column("text", ["a\x00b"])])
    with pytest.raises(UnicodeEncodeError):
        column("text", ["\ud800"])


def test_a_column_of_one_type_is_no_column_of_another(store: Store, hub: Path) -> None:
    with closing(_connected(hub)) as to, pytest.raises(psycopg.errors.DatatypeMismatch):
        to.db.execute("SELECT %b::integer[]", [column("bigint", [1])])


def _connected(hub: Path) -> Connected:
    return connect(hub, read_only=False)
