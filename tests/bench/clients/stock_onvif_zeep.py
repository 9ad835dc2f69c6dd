"""onvif-zeep as its README shows it: an ONVIFCamera per device, twelve reads each, one device after the other.

Its table of addresses is made from GetCapabilities without what stands under Extension, so that search and replay are
missing. Their addresses are put in by hand, or it could not do the work at all.
"""

from __future__ import annotations

import json
import sys

from onvif import ONVIFCamera

from clients.reads import DEVICE, MEDIA, READS, REPLAY, SEARCH, check, parameters

CREATE = {
    MEDIA: ONVIFCamera.create_media_service,
    SEARCH: ONVIFCamera.create_search_service,
    REPLAY: ONVIFCamera.create_replay_service,
}


def main() -> None:
    """Read every device; print how many reads were done."""
    asked = json.load(sys.stdin)
    cameras = []
    for port in asked["ports"]:
        camera = ONVIFCamera("127.0.0.1", port, asked["user"], asked["password"])
        cameras.append(camera)  # an agent would keep it, too
        if not any("PullPoint" in namespace for namespace in camera.xaddrs):
            raise SystemExit("no PullPoint was opened: the stub device does not do what a real one does")
        services = {DEVICE: camera.devicemgmt}
        token = None
        for namespace, name, given in READS:
            if namespace not in services:
                services[namespace] = CREATE[namespace](camera)
            value = getattr(services[namespace], name)(parameters(given, token))
            check(name, value, port)
            if name == "GetServices":
                camera.xaddrs |= {one.Namespace: one.XAddr for one in value if one.Namespace in (SEARCH, REPLAY)}
            elif name == "FindRecordings":
                token = value
    print(json.dumps({"reads": len(cameras) * len(READS)}))


if __name__ == "__main__":
    main()
