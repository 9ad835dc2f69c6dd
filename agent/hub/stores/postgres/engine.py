"""Connects the ports of the hub's stores to PostgreSQL: what is not in the server stays files of the hub's folder."""

from dataclasses import replace
from typing import Final

from agent.hub.stores.engines import SQLITE
from agent.hub.stores.postgres import files
from agent.hub.stores.postgres.leading import Leading
from agent.hub.stores.postgres.store import Store

ENGINE: Final = replace(SQLITE, store=Store, files=files, leading=Leading, is_shared=True)
