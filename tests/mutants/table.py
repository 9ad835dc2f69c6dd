"""All defences that `make mutants` takes out, one at a time."""

from __future__ import annotations

from typing import Final

from mutants.devices import DEVICES
from mutants.disputes import DISPUTES
from mutants.enrollment import ENROLLMENT
from mutants.gateway import GATEWAY
from mutants.hub import HUB
from mutants.hub_oidc import HUB_OIDC
from mutants.hub_page import HUB_PAGE
from mutants.link import LINK
from mutants.listeners import LISTENERS
from mutants.local_page import LOCAL_PAGE
from mutants.lockdown import LOCKDOWN
from mutants.messages import MESSAGES
from mutants.names import NAMES
from mutants.network import NETWORK
from mutants.operators import OPERATOR
from mutants.operators_seen import SEEN
from mutants.papers import PAPERS
from mutants.pictures import PICTURES
from mutants.postgres import POSTGRES
from mutants.privacy import PRIVACY
from mutants.rows import ROWS
from mutants.secrecy import SECRECY
from mutants.upgrades import UPGRADES
from mutants.webhooks import WEBHOOKS

MUTANTS: Final = (
    *ROWS,
    *LOCAL_PAGE,
    *LOCKDOWN,
    *LISTENERS,
    *LINK,
    *DEVICES,
    *PICTURES,
    *NETWORK,
    *HUB,
    *HUB_PAGE,
    *HUB_OIDC,
    *DISPUTES,
    *GATEWAY,
    *ENROLLMENT,
    *PAPERS,
    *SECRECY,
    *PRIVACY,
    *NAMES,
    *MESSAGES,
    *OPERATOR,
    *SEEN,
    *UPGRADES,
    *WEBHOOKS,
    *POSTGRES,
)
