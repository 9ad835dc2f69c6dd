"""Selects the key that signs a hand-over report: the site's own where it is usable, else one of this computer.

A contractor's laptop has no report key of the site and must not make one: that key is made by the daemon and trusted by
the hub. So `check` makes a key of its own for each site in the user's state folder, and the report names which of both
signed it. There is no unsigned report. A key in a token is left alone: its PIN is for the daemon.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.deliver.keys.place import place_of
from agent.host.paths import handover_key_file
from agent.model.errors import ConfigurationError, Forbidden
from agent.site.config.site import Site

ONE_ADDRESS: Final = "one-address"
"""The name of the key for reports of single addresses."""


@dataclass(frozen=True, slots=True)
class ReportKey:
    """The key; `is_site_key`: the site reports to its hub with it."""

    signer: Signer
    is_site_key: bool


def report_key(site: Site | None, environ: Mapping[str, str] = os.environ) -> ReportKey:
    """Return the key for the report of a site, None: of a single address, which has no file.

    That of this computer is made (mode 0600) if there is none.

    Raises:
        Forbidden: This user may neither use the site's key nor make one of his own.
        ConfigurationError: The key in this user's state folder is damaged, or cannot be made.
    """
    try:
        signer = place_of(site, environ).current() if site is not None and site.key.source != "token" else None
    except (Forbidden, ConfigurationError):
        # The daemon says what is wrong with it. A report that was looked for is not lost over it, and names its key.
        signer = None
    if signer is not None:
        return ReportKey(signer, True)
    return ReportKey(
        load_or_create_signer(handover_key_file(site.id if site is not None else ONE_ADDRESS, environ)), False
    )
