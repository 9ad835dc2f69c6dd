"""Fuzzing target of what a device says at the self-test of the police link: SIP, its bodies, its picture stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from link_room import BEGAN, room_with

from agent.demo.gb28181.bodies import answers, read_query
from agent.demo.gb28181.habits import HABITS
from agent.demo.gb28181.pictures import rtp_packets
from agent.onsite.link.plan import Plan
from agent.onsite.link.registrar import decide
from drivers.errors import DriverError
from drivers.gb28181 import manscdp
from drivers.gb28181.invitation import read_answer
from drivers.gb28181.program_stream import Demuxer
from drivers.gb28181.sip import answer_to, first_size, parse, render
from drivers.gb28181.wire import Flow
from drivers.rtsp.rtp import parse_packet
from fuzz.target import Target

PLAN = Plan(device_id="14021300001180000001", platform_id="14021300002000123456", password="only-for-this-test")


def _sip(data: bytes) -> object:
    first_size(data)
    message = parse(data)
    if message.method == "REGISTER":
        return render(decide(message, Flow("UDP", "192.0.2.64", 5060), PLAN, b"k" * 32, 1.0).answer)
    return render(answer_to(message, 200, "OK", "t")), message.cseq, message.sender, message.transaction


def _stream(data: bytes) -> object:
    demuxer, at = Demuxer(), 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        packet = parse_packet(data[at + 2 : at + 2 + size])
        at += 2 + size
        if packet is not None and (found := demuxer.push(packet)) is not None:
            return found
    return None


_PARTS: tuple[Callable[[bytes], object], ...] = (_sip, manscdp.parse, _stream, read_answer)


def _link(data: bytes) -> object:
    return _PARTS[(data[0] if data else 0) % len(_PARTS)](data[1:])


def _seeds() -> Iterator[bytes]:
    for habits in HABITS.values():
        device = room_with(habits).device
        assert device is not None
        register = device.tick(0.0)[-1]
        yield b"\0" + register
        challenge = decide(parse(register), Flow("UDP", "192.0.2.64", 5060), PLAN, b"k" * 32, 1.0).answer
        yield from (b"\0" + one for one in device.take(render(challenge), 0.1))
        for command in ("Catalog", "DeviceStatus", "ConfigDownload"):
            fields = {"ConfigType": "PictureMask"} if command == "ConfigDownload" else {}
            asked = read_query(manscdp.query(command, 1, PLAN.device_id, fields))
            yield from (b"\1" + one for one in answers(asked, PLAN.device_id, habits, BEGAN.replace(tzinfo=None)))
    for name in ("as the standard has it", "bare H.264"):
        packets = list(rtp_packets(HABITS[name], 1))[:12]
        yield b"\2" + b"".join(len(one).to_bytes(2, "big") + one for one in packets)
    yield b"\3v=0\r\nm=video 30000 RTP/AVP 96\r\ny=0213001234\r\n"


LINKS = {"link": Target(_link, (DriverError,), _seeds)}
