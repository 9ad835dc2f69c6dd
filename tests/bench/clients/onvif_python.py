"""onvif-python as its README shows it: an ONVIFClient per device, twelve reads each, one device after the other.

Runs in an environment of its own (`make peers`), for its package has the same name as onvif-zeep's.
"""

from __future__ import annotations

import json
import sys

from onvif import ONVIFClient

from clients.reads import DEVICE, MEDIA, READS, REPLAY, SEARCH, check, parameters

OPEN = {
    DEVICE: ONVIFClient.devicemgmt,
    MEDIA: ONVIFClient.media,
    SEARCH: ONVIFClient.search,
    REPLAY: ONVIFClient.replay,
}


def main() -> None:
    """Read every device; print how many reads were done."""
    asked = json.load(sys.stdin)
    devices = []
    for port in asked["ports"]:
        device = ONVIFClient("127.0.0.1", port, asked["user"], asked["password"])
        devices.append(device)  # an agent would keep it, too
        services = {namespace: opener(device) for namespace, opener in OPEN.items()}
        token = None
        for namespace, name, given in READS:
            value = getattr(services[namespace], name)(**parameters(given, token))
            check(name, value, port)
            if name == "FindRecordings":
                token = value
    print(json.dumps({"reads": len(devices) * len(READS)}))


if __name__ == "__main__":
    main()
