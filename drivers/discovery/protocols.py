"""Lists the protocols of discovery: every datagram that it may send, and nothing else is sent.

A further one is a file beside these and a line here. All of them read: `tests/drivers/discovery/test_vendor_search.py`
takes the datagrams off the sockets and holds them against this table.
"""

from typing import Final

from drivers.discovery.dhdiscover import DHDISCOVER
from drivers.discovery.protocol import Protocol
from drivers.discovery.sadp import SADP
from drivers.discovery.ws_probe import WS_DISCOVERY

PROTOCOLS: Final[tuple[Protocol, ...]] = (WS_DISCOVERY, SADP, DHDISCOVER)
