"""The defences of a hub whose reports are in PostgreSQL, each taken out where it is decided."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_CHOSEN: Final = "test_hub_on_postgres.py::"
_SEVERAL: Final = "test_hub_several.py::"
_VIEWS: Final = "test_postgres_views.py::"

POSTGRES: Final = (
    Mutant(
        name="postgres-password-elsewhere",
        row="(a user of the hub's machine) reads the database's password",
        file="agent/hub/stores/postgres/database.py",
        text='    if {"password", "sslpassword"} & told.keys():\n',
        mutated="    if False:\n",
        test=f"{_CHOSEN}test_a_password_where_it_does_not_belong_is_refused_and_never_repeated",
    ),
    Mutant(
        name="postgres-standby-of-another",
        row="has views read a standby with the reports of another hub",
        file="agent/hub/stores/postgres/views.py",
        text="    if standby is not None and not why and _whose(standby) != _whose(primary):\n",
        mutated="    if False:\n",
        test=f"{_VIEWS}test_a_standby_with_the_reports_of_another_hub_is_not_believed",
    ),
    Mutant(
        name="postgres-lead-ends",
        row="cuts the leading hub off its database",
        file="agent/hub/stores/postgres/leading.py",
        text="            query = _HOLDS if self._has else _TAKE\n",
        mutated="            if self._has:\n                return True\n            query = _TAKE\n",
        test=f"{_SEVERAL}test_who_loses_the_connection_that_leads_leads_no_longer_and_one_other_does",
    ),
)
