"""Fuzzing targets of what a device says at the self-test of the police link: SIP, its bodies, its picture stream."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from line import DEVICE as LINE
from line import PLATFORM, packet, segment
from link_room import BEGAN, room_with

from agent.demo.gb28181.bodies import answers, media_end, read_query
from agent.demo.gb28181.habits import HABITS
from agent.demo.gb28181.pictures import rtp_packets
from agent.onsite.link.call import within
from agent.onsite.link.footage import find
from agent.onsite.link.listening.talks import TALKS_MAX, Listener
from agent.onsite.link.listening.verdict import judge
from agent.onsite.link.plan import Plan
from agent.onsite.link.platform import Asked
from agent.onsite.link.registrar import decide
from agent.onsite.link.requesting import new_request
from agent.verify.device_certificate import read_device_certificate
from drivers.errors import DriverError
from drivers.gb28181 import manscdp
from drivers.gb28181.answers import Records
from drivers.gb28181.gb35114 import shown_in, signed_in
from drivers.gb28181.invitation import read_answer
from drivers.gb28181.program_stream import Demuxer
from drivers.gb28181.sip import answer_to, first_size, parse, render
from drivers.gb28181.wire import Flow
from drivers.rtsp.rtp import parse_packet
from fuzz.target import Target

PLAN = Plan(device_id="14021300001180000001", platform_id="14021300002000123456", password="only-for-this-test")
FLOW = Flow("UDP", "192.0.2.64", 5060)
OWN = ("192.0.2.1", 5060)
INVITE = new_request("INVITE", PLAN.device_id, 1, OWN[0])


def _sip(data: bytes) -> object:
    """Read a message, and answer it as a platform does: a login, a call that was taken, anything else."""
    first_size(data)
    message = parse(data)
    if message.method == "REGISTER":
        return render(decide(message, FLOW, PLAN, b"k" * 32, 1.0).answer)
    if not message.method:
        bye = replace(within(INVITE, message), method="BYE")
        return render(bye.written(FLOW, PLAN, OWN, "", b"")), read_answer(message.body)
    return render(answer_to(message, 200, "OK", "t")), message.cseq, message.sender, message.transaction


def _manscdp(data: bytes) -> object:
    """Read a body; where it lists footage, choose an hour of it, which must lie in what was asked for."""
    said = manscdp.parse(data)
    if isinstance(said.content, Records):
        listing = find(lambda _: Asked(1, "RecordInfo", parts=[said.content], items=1), BEGAN)  # type: ignore[list-item]
        if listing.oldest is not None:
            start_s, end_s = listing.oldest.span_s
            assert BEGAN.timestamp() - timedelta(days=400).total_seconds() < start_s < end_s <= BEGAN.timestamp()
    return said


def _pictures(data: bytes) -> object:
    demuxer, at = Demuxer(), 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        packet = parse_packet(data[at + 2 : at + 2 + size])
        at += 2 + size
        if packet is not None and (found := demuxer.push(packet)) is not None:
            return found
    return None


def _sip_seeds() -> Iterator[bytes]:
    for habits in HABITS.values():
        device = room_with(habits).device
        assert device is not None
        register = device.tick(0.0)[-1]
        yield register
        challenge = decide(parse(register), FLOW, PLAN, b"k" * 32, 1.0).answer
        yield from device.take(render(challenge), 0.1)
    taken = answer_to(INVITE.written(FLOW, PLAN, OWN, "", b""), 200, "OK", "d", (("record-route", "<sip:a;lr>"),))
    description = b"v=0\r\nm=video 30000 RTP/AVP 96\r\ny=0213001234\r\n"
    contact = ("contact", f"<sip:{PLAN.device_id}@192.0.2.64>")
    yield render(replace(taken, headers=(*taken.headers, contact), body=description))


def _manscdp_seeds() -> Iterator[bytes]:
    for habits in HABITS.values():
        for command in ("Catalog", "DeviceStatus", "ConfigDownload", "RecordInfo"):
            fields = {"ConfigType": "PictureMask"} if command == "ConfigDownload" else {}
            if command == "RecordInfo":
                fields = {"StartTime": "2026-11-28T12:00:00", "EndTime": "2026-11-29T12:00:00", "Type": "all"}
            asked = read_query(manscdp.query(command, 1, PLAN.device_id, fields))
            yield from answers(asked, PLAN.device_id, habits, BEGAN.replace(tzinfo=None))
        yield media_end(PLAN.device_id, 1, habits)


def _picture_seeds() -> Iterator[bytes]:
    for name in (
        "as the standard has it", "bare H.264", "a head that is a byte too short",
        "parts that are longer than they are",
        "the parts of a frame in packets of their own", "another codec in the map",
    ):  # fmt: skip
        packets = list(rtp_packets(HABITS[name], 1))[:12]
        yield b"".join(len(one).to_bytes(2, "big") + one for one in packets)


def _line(data: bytes) -> object:
    """Follow packets of a line, each behind its length; what is made of them is bounded and of no address."""
    listener, at = Listener(), 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        listener.take(data[at + 2 : at + 2 + size], float(at))
        at += 2 + size
    said = str(judge(listener, float(at), 0).to_data())
    assert len(listener.talks) <= TALKS_MAX and "192.0.2.64" not in said and "c0ffee" not in said
    return said


def _line_seeds() -> Iterator[bytes]:
    for one in _sip_seeds():
        as_stream = [segment(b"", 0, 0x02), segment(one[:60], 1), segment(one[60:], 61)]
        packets = [packet(one), *as_stream, packet(render(answer_to(parse(one), 200, "OK", "t")), PLATFORM, LINE)]
        yield b"".join(len(each).to_bytes(2, "big") + each for each in packets)


def _certificate(data: bytes) -> object:
    """Read a login by certificate, and the certificate in it; a key that is found is a point or nothing."""
    shown, signed = shown_in(data.decode("latin-1")), signed_in(data.decode("latin-1"))
    read = read_device_certificate(shown.certificate if shown else data, PLAN.device_id)
    assert read is None or len(read.key) in (0, 64)
    assert signed is None or len(signed.messages) == 2
    return read, signed


def _certificate_seeds() -> Iterator[bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, PLAN.device_id)])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, BEGAN, BEGAN + timedelta(days=9))
    pem = built.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    number = base64.b64encode(bytes(16)).decode()
    yield pem
    yield f'Capability keyversion="1", cnonce="devicecert:{base64.b64encode(pem).decode()}"'.encode()
    yield f'Unidirection random1="{number}", random2="{number}", serverid="1", sign1="MAYCAQECAQE="'.encode()


_PARTS: Final[Mapping[str, tuple[Callable[[bytes], object], Callable[[], Iterator[bytes]]]]] = {
    "link-sip": (_sip, _sip_seeds),
    "link-bodies": (_manscdp, _manscdp_seeds),
    "link-pictures": (_pictures, _picture_seeds),
    "link-line": (_line, _line_seeds),
    "link-certificate": (_certificate, _certificate_seeds),
}

LINKS = {name: Target(function, (DriverError,), seeds) for name, (function, seeds) in _PARTS.items()}
