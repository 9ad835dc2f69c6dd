"""camwarden's ONVIF client on all devices at once, a thread per device as in the agent, twelve reads each."""

from __future__ import annotations

import json
import sys
import threading
from datetime import UTC, datetime, timedelta

from clients.reads import DEVICE, READS, check, parameters
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Credential, Device
from drivers.onvif import documents
from drivers.onvif.services import Endpoint, device_endpoint, from_services
from drivers.onvif.soap import Session

STACK_BYTES = 1024 * 1024
KEEP_ALIVE = timedelta(seconds=10)


def main() -> None:
    """Read every device; print how many reads were done."""
    asked = json.load(sys.stdin)
    credentials = Credentials(None)
    failures: list[str] = []
    threading.stack_size(STACK_BYTES)
    threads = [
        threading.Thread(target=_guarded, args=(number, port, asked, credentials, failures))
        for number, port in enumerate(asked["ports"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit("; ".join(failures[:3]))
    print(json.dumps({"reads": len(threads) * len(READS)}))


def _guarded(number: int, port: int, asked: dict[str, str], credentials: Credentials, failures: list[str]) -> None:
    try:
        _device(number, port, asked, credentials)
    except BaseException as error:  # noqa: BLE001 # told by the main thread
        failures.append(f"{type(error).__name__}: {error}")


def _device(number: int, port: int, asked: dict[str, str], credentials: Credentials) -> None:
    credential = Credential("bench", asked["user"], asked["password"])
    device = Device(f"d{number}", "127.0.0.1", port, "onvif", credential)
    with open_transport(device, 120.0, credentials, lambda: datetime.now(UTC)) as transport:
        session = Session(transport)
        endpoints: dict[str, Endpoint] = {DEVICE: device_endpoint(device)}
        token: object = None
        for namespace, name, given in READS:
            wanted = parameters(given, token)
            if "KeepAliveTime" in wanted:
                wanted["KeepAliveTime"] = KEEP_ALIVE
            value = session.call(endpoints[namespace], name, **wanted).value
            check(name, value, port)
            if name == "GetServices":
                table = from_services(value, device, transport.addresses)
                endpoints |= {one.namespace: one for one in table.endpoints}
            elif name == "FindRecordings":
                token = value
            elif name == "GetSystemDateAndTime":
                # As the driver does: tokens are signed with the device's time.
                session.clock_offset = timedelta()
    assert documents.DEVICE == DEVICE


if __name__ == "__main__":
    main()
