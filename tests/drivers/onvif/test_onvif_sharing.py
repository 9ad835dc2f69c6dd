"""One parsed WSDL per process: loaded when it is first used, shared by every thread, and never mixing answers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from devices import clock, device
from onvif_answers import SERVICES, envelope, mask
from patience import PATIENCE_S

from drivers.credentials import Credentials
from drivers.deadline import Deadline
from drivers.exchange import Exchange, Request
from drivers.http.samples import Samples
from drivers.model import Device, Reply
from drivers.onvif import documents, parse, parse_device
from drivers.onvif.services import Endpoint
from drivers.onvif.soap import Session

THREADS, ROUNDS = 32, 20
USER = "<tds:User><tt:Username>{0}</tt:Username><tt:UserLevel>User</tt:UserLevel></tds:User>"


class Echo:
    """A transport without a network, whose device answers with its own name, in lists of a length of its own."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.device = Device(f"d{number}", "127.0.0.1", 80, "onvif", device(80).credential)
        self.deadline, self.credentials, self.clock = Deadline(60), Credentials(None), clock
        self.addresses: tuple[str, ...] = ()
        self.replies: list[Reply] = []
        self.samples = Samples(self.device)
        self.asked = 0

    def exchange(self, request: Request) -> Exchange:
        self.asked += 1
        inner = {
            "GetUsers": USER.format(f"user-{self.number}") * (self.number % 5 + 1),
            "GetMasks": mask(f"mask-{self.number}", "vsc-1") * (self.number % 3),
            "GetDeviceInformation": "".join(
                f"<tds:{name}>{name}-{self.number}</tds:{name}>"
                for name in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
            ),
        }[request.operation]
        prefix = next(prefix for prefix, path in SERVICES.values() if path == request.path)
        name = f"{prefix}:{request.operation}Response"
        reply = Reply(
            request.operation, request.path, 200, "application/soap+xml", envelope(f"<{name}>{inner}</{name}>")
        )
        return Exchange(reply, anonymous=True, received_at=clock())


def test_many_threads_share_the_documents_and_no_answer_is_mixed() -> None:
    media2, box = (
        Endpoint(documents.MEDIA2, "/onvif/media2", 80),
        Endpoint(documents.DEVICE, "/onvif/device_service", 80),
    )
    wrong: list[object] = []
    begin = threading.Barrier(THREADS)

    def run(number: int) -> None:
        begin.wait(PATIENCE_S)
        for _ in range(ROUNDS):
            transport = Echo(number)
            session = Session(transport)  # type: ignore[arg-type]
            accounts = parse_device.accounts(session.call(box, "GetUsers")).accounts
            masks = parse.masks(session.call(media2, "GetMasks"))
            identity = parse_device.identity(session.call(box, "GetDeviceInformation"))
            if (
                [one.name for one in accounts] != [f"user-{number}"] * (number % 5 + 1)
                or [one.token for _, one in masks] != [f"mask-{number}"] * (number % 3)
                or identity.serial != f"SerialNumber-{number}"
                or transport.asked != 3
            ):
                wrong.append((number, accounts, masks, identity, transport.asked))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


LOADED = """
import json, sys
sys.path.insert(0, {support!r})
from onvif_device import Script
from onvif_reading import observe
from drivers.onvif import documents
before = documents.loaded()
observe(Script(services={services!r}))
print(json.dumps([list(before), sorted(documents.loaded())]))
"""


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        (("device", "media", "media2"), ["devicemgmt.wsdl", "media2.wsdl", "storage.wsdl"]),
        (("device", "media"), ["devicemgmt.wsdl", "media.wsdl", "storage.wsdl"]),
        (("device", "media2", "security"), ["devicemgmt.wsdl", "media2.wsdl", "security.wsdl", "storage.wsdl"]),
        (("device",), ["devicemgmt.wsdl", "storage.wsdl"]),
    ],
)
def test_a_document_is_loaded_when_it_is_first_needed(services: tuple[str, ...], expected: list[str]) -> None:
    """A device with Media2 never costs the memory of Media1's document, nor a camera that of a recorder's."""
    root = Path(__file__).resolve().parents[3]
    code = LOADED.format(support=str(root / "tests/support"), services=services)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=root
    )
    assert json.loads(done.stdout) == [[], expected]
