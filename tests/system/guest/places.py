"""Where everything lies inside the guest, and whose it is."""

from __future__ import annotations

from pathlib import Path

PACKAGES = Path("/srv/packages")
"""`this.deb`; `before.deb`, the same under an older number; `older.deb`, whose program calls itself older too;
`camwarden_*.deb`, the same under the number of a release, which the signed folder `apt/` offers."""

CHECKOUT = Path("/srv/checkout")
"""The peers' own code and files: site, hub and broker are those of the checkout, whatever package is being tried."""

PEERS = Path("/srv/peers")
LIBRARIES = PEERS / "site-packages"
SITE_FILES = PEERS / "site"
HUB_DATA = PEERS / "hub"

TOKEN = PEERS / "token"
"""The enrollment token that the gateway was given, kept for what comes after it was used."""

SITE_TOML = Path("/etc/camwarden/site.toml")
SECRETS_TOML = Path("/etc/camwarden/secrets.toml")
STATE = Path("/var/lib/camwarden")
RUNTIME = Path("/run/camwarden")
INSTALLED = Path("/usr/lib/camwarden")
DROP_INS = Path("/run/systemd/system/camwarden.service.d")

UNIT = "camwarden.service"
USER = "camwarden"
SITE_ID = "dt0001"
HUB_ADDRESS = "10.77.0.1"
"""Of the hub where it has a machine of its own."""

CARRIED = Path("/srv/carried")
"""What two machines' people hand to each other."""

BROKER_PORT = 8883
DESK_PORT = 8890
