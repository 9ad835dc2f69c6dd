"""Creates what a page for another browser needs: an address, a certificate for this run, a picture of its link."""

from datetime import datetime, timedelta

from agent.commands.terminal.own_addresses import own_addresses
from agent.commands.ui.links import Secured
from agent.deliver.keys.throwaway import make_throwaway
from agent.onsite.lan.one_client import LASTS_S, chosen_address
from agent.onsite.lan.qr import qr_lines


def own_address(named: str) -> str:
    """Return the address of this machine to listen on: the named one, or its only one. Raises UsageError."""
    return chosen_address(named, own_addresses())


def secured(address: str, now: datetime) -> Secured:
    """Return the certificate of an address, for two hours from `now`."""
    made = make_throwaway(address, now, timedelta(seconds=LASTS_S))
    return Secured(made.context, made.fingerprint, lambda link, coloured: qr_lines(link, coloured=coloured))
