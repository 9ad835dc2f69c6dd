"""Answers WS-Discovery probes and makers' own searches for every simulated device, on one UDP port of 127.0.0.1.

Real devices each answer on port 3702 of their own address; on one loopback address a free port has to do for all.
`agent/demo/world/searched.py` has the answers to makers' searches.

Source: WS-Discovery (April 2005) section 5; ONVIF Core Specification, Device discovery.
"""

import contextlib
import socket
import threading
import uuid
from collections.abc import Mapping
from urllib.parse import quote

from lxml import etree
from markupsafe import Markup

from agent.demo.world.cameras import DemoDevice
from agent.demo.world.searched import search_answer

ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_PROBE_MAX_BYTES = 8192
_NAMESPACE = uuid.UUID("6f1c1ce2-6f5a-4c55-8f0e-0c6c2b2a9d11")

_MATCHES = Markup(
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="{addressing}" xmlns:d="{discovery}"'
    ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
    "<env:Header><wsa:MessageID>urn:uuid:{message}</wsa:MessageID><wsa:RelatesTo>{relates_to}</wsa:RelatesTo>"
    "<wsa:To>{addressing}/role/anonymous</wsa:To><wsa:Action>{discovery}/ProbeMatches</wsa:Action></env:Header>"
    "<env:Body><d:ProbeMatches><d:ProbeMatch>"
    "<wsa:EndpointReference><wsa:Address>urn:uuid:{endpoint}</wsa:Address></wsa:EndpointReference>"
    "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
    "<d:Scopes>onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/camwarden-demo"
    " onvif://www.onvif.org/MAC/{mac}</d:Scopes>"
    "<d:XAddrs>{xaddr}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
    "</d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"
)


class Announcer:
    """Answers for the devices of a site: `devices` maps each device's name to its HTTP port.

    `specs`, by the same names, are those that may answer their maker's search as well.
    """

    def __init__(self, devices: Mapping[str, int], specs: Mapping[str, DemoDevice] | None = None) -> None:
        self._devices, self._specs = dict(devices), dict(specs or {})
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._answer_all, name="demo-announcer")

    @property
    def address(self) -> str:
        """Address and port, as `[discovery] addresses` names it."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def start(self) -> None:
        """Start to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the socket. Safe to call twice, or without `start`."""
        if not self._stopping.is_set():
            self._stopping.set()
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                waker.sendto(b"", self._socket.getsockname())
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def _answer_all(self) -> None:
        while not self._stopping.is_set():
            data, sender = self._socket.recvfrom(_PROBE_MAX_BYTES)
            for answer in self._answers(data):
                with contextlib.suppress(OSError):
                    self._socket.sendto(answer, sender)

    def _answers(self, question: bytes) -> list[bytes]:
        probe = _message_id(question)
        if probe is not None:
            return [matches(name, port, probe) for name, port in self._devices.items()]
        there = [(self._specs[name], name, port) for name, port in self._devices.items() if name in self._specs]
        answers = (search_answer(question, spec, _mac(_endpoint(name)), port) for spec, name, port in there)
        return [answer for answer in answers if answer is not None]


def matches(name: str, port: int, relates_to: str) -> bytes:
    """Return the answer of one device to the probe with this message id."""
    endpoint = _endpoint(name)
    answer = _MATCHES.format(
        addressing=ADDRESSING, discovery=DISCOVERY, message=uuid.uuid4(), relates_to=relates_to,
        endpoint=endpoint, name=quote(name), mac=_mac(endpoint), xaddr=f"http://127.0.0.1:{port}/onvif/device_service",
    )  # fmt: skip
    return answer.encode()


def _endpoint(name: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, name)


def _mac(endpoint: uuid.UUID) -> str:
    # A made-up MAC says so: its second bit marks an address that no maker was given (IEEE 802, clause 8.4).
    return bytes((0x02, *endpoint.bytes[-5:])).hex(":")


def _message_id(data: bytes) -> str | None:
    """Return the message id of a probe, None for anything else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
    if root.find(f".//{{{DISCOVERY}}}Probe") is None:
        return None
    return root.findtext(f".//{{{ADDRESSING}}}MessageID")
