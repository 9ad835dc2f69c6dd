"""A whole site for the bench `site`, in a process of its own: recorders of three kinds, and cameras by themselves.

Run: python -m stubs.whole_site DIRECTORY CAMERAS SICK. Writes site.toml and secrets.toml there, prints one line of
JSON when everything answers, and ends with its standard input. Three in four cameras stand behind recorders; SICK of
the others are on devices that are sick. Whoever connects to its port `traffic` is told connections and bytes of every
device. DIRECTORY/ahead has the seconds by which its clocks are ahead.
"""

from __future__ import annotations

import json
import re
import socket
import socketserver
import struct
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final, Literal

from agent.demo.site import SimulatedSite
from agent.demo.site_config import DEADLINE_S, PERIOD_S
from agent.demo.world import listening
from agent.demo.world.cameras import CAMERAS, ISAPI_CAMERAS, DemoCamera, DemoDevice
from agent.demo.world.listening import LoopbackServer, device_servers
from agent.demo.world.lying import Lying
from agent.site.config.site import Probe, Site
from stubs.simulated_site import full_port

Driver = Literal["onvif", "hikvision", "dahua"]
DRIVERS: Final[tuple[Driver, ...]] = ("onvif", "hikvision", "dahua")
CHANNELS: Final = 16
"""A recorder has no more."""
SICK: Final = ("malformed", "hanging", "dripping", "refusing", "rebooting", "dark")
"""What ails the first ones of those that stand by themselves."""
PLACES: Final[dict[Driver, tuple[str, ...]]] = {"onvif": ("gate",), "hikvision": ("library",), "dahua": ("library",)}
"""Scenes whose masks can be told to hide both zones, so that their views can be approved."""
DRIP_S, ANSWERS, BOOTS_S = 0.1, 6, 8.0
"""A dripping device sends a byte so often. A rebooting one is gone after so many answers, for so long."""
_TOLD = struct.Struct("=120xQQ")
"""Bytes that the peer has acknowledged, and bytes received. Source: Linux, include/uapi/linux/tcp.h, `tcp_info`."""


class Traffic:
    """Connections that each device has had, and bytes that went over them, whoever closed them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: dict[int, tuple[int, int, int]] = {}
        self._open: dict[int, set[socket.socket]] = {}

    def begins(self, port: int, connection: socket.socket) -> None:
        """Count a connection."""
        with self._lock:
            count, *rest = self._ended.get(port, (0, 0, 0))
            self._ended[port] = count + 1, rest[0], rest[1]
            self._open.setdefault(port, set()).add(connection)

    def ends(self, port: int, connection: socket.socket) -> None:
        """Count the bytes of a connection that is about to be closed."""
        with self._lock:
            self._open[port].discard(connection)
            count, received, sent = self._ended[port]
            more = bytes_of(connection)
            self._ended[port] = count, received + more[0], sent + more[1]

    def so_far(self, ports: tuple[int, ...]) -> tuple[int, int, int]:
        """Return connections, bytes received and bytes sent of a device's ports."""
        with self._lock:
            found = [self._ended.get(port, (0, 0, 0)) for port in ports]
            found += [(0, *bytes_of(one)) for port in ports for one in self._open.get(port, ())]
        count, received, sent = (sum(column) for column in zip(*found, strict=True))
        return count, received, sent


TRAFFIC = Traffic()


class Counted(LoopbackServer):
    """A device's server whose traffic is counted."""

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept and count."""
        connection, address = super().get_request()
        TRAFFIC.begins(self.port, connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Count and close."""
        TRAFFIC.ends(self.port, request)
        super().shutdown_request(request)


class Dripping(socketserver.BaseRequestHandler):
    """Begins an answer and sends a byte of it now and then."""

    def handle(self) -> None:
        """Drip until the peer has gone."""
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\n\r\n")
        while True:
            self.request.sendall(b"x")
            time.sleep(DRIP_S)


class Rebooting:
    """Takes a device down after some answers, for a while: what is asked meanwhile is cut off without a word."""

    def __init__(self) -> None:
        self._answers, self._up_at_mono = 0, 0.0

    def says(self, asked: str, body: bytes) -> bytes:
        """Answer, or be gone."""
        del asked
        now = time.monotonic()
        if now >= self._up_at_mono:
            self._answers += 1
            self._up_at_mono = now + BOOTS_S if self._answers % ANSWERS == 0 else 0.0
        if now < self._up_at_mono:
            raise ConnectionResetError
        return body


def made(count: int, sick: int) -> tuple[list[DemoDevice], list[DemoCamera], dict[str, str]]:
    """Return devices and cameras of a site of so many cameras, and what ails those that are sick."""
    alone = max(1, count // 4)
    behind = count - alone
    per_kind = -(-behind // len(DRIVERS))
    devices: list[DemoDevice] = []
    cameras: list[DemoCamera] = []
    known = {one.id: one for one in (*CAMERAS, *ISAPI_CAMERAS)}
    for driver in DRIVERS:
        places = cycle(PLACES[driver])
        left = min(per_kind, behind - len(cameras))
        for number in range(-(-left // CHANNELS)):
            name = f"{driver}-{number}"
            devices.append(
                DemoDevice(name, "viewer", "NVR", f"N-{name}", recorder=True, driver=driver, third_stream=True)
            )
            for channel in range(1, min(CHANNELS, left - number * CHANNELS) + 1):
                cameras.append(_camera(known[next(places)], f"{name}-{channel}", name, channel, len(cameras)))
    ails = dict(zip((f"alone-{n}" for n in range(alone)), islice(cycle(SICK), sick), strict=False))
    for number, place in zip(range(alone), cycle(PLACES["onvif"]), strict=False):
        name = f"alone-{number}"
        devices.append(
            DemoDevice(
                name, "viewer", "CAM", f"C-{name}", recorder=True, third_stream=True,
                behaviour="hangs" if ails.get(name) in ("hanging", "dripping", "dark") else "onvif",
                wrong_password_configured=ails.get(name) == "refusing",
            )
        )  # fmt: skip
        cameras.append(_camera(known[place], name, name, 1, len(cameras)))
    return devices, cameras, ails


def _camera(like: DemoCamera, name: str, device: str, channel: int, number: int) -> DemoCamera:
    return replace(like, id=name, device=device, channel=channel, name=name, code=f"1402000000132{number:07}")


def two_zones(text: str) -> str:
    """Return a site file in which each camera has a second zone, a smaller one in the same corner of the mask."""

    def twice(found: re.Match[str]) -> str:
        polygon = json.loads(found["polygon"])
        inner = [[round(c + 0.9 * (p - c), 4) for p, c in zip(point, polygon[-1], strict=True)] for point in polygon]
        second = found[0].replace(found["polygon"], json.dumps(inner))
        return f"{found[0]}\n{second.replace('name = ', 'name = ', 1).replace(found['name'], 'inner part')}"

    zone = r'\[\[camera\.private_zone\]\]\nname = "(?P<name>[^"]*)"\npolygon = (?P<polygon>.*)\n(?:.+\n)*'
    return re.sub(zone, twice, text)


def unwell(site: SimulatedSite, ails: dict[str, str], stack: ExitStack) -> dict[int, int]:
    """Let devices be sick; return the ports at which some of them are instead of their own."""
    ports: dict[int, int] = {}
    for name, ail in ails.items():
        there = site.devices[name]
        if ail == "malformed":
            site.lie(name, Lying(says=lambda _, body: body[: len(body) // 2]))
        elif ail == "rebooting":
            site.lie(name, Lying(says=Rebooting().says))
        elif ail == "dripping":
            servers = device_servers(name, Dripping, Dripping)
            for server, port in zip(servers, (there.port, there.rtsp_port), strict=True):
                server.start()
                stack.callback(server.stop)
                ports[port] = server.port
        elif ail == "dark":
            full = stack.enter_context(full_port())
            ports[there.port] = ports[there.rtsp_port] = full.getsockname()[1]

    return ports


def main() -> None:
    """Serve until standard input ends."""
    directory, count, sick = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    ahead = directory / "ahead"
    ahead.write_text("0")

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

    listening.LoopbackServer = Counted  # type: ignore[misc]
    devices, cameras, ails = made(count, sick)
    with ExitStack() as stack:
        site = stack.enter_context(SimulatedSite(clock, devices, cameras))
        moved = unwell(site, ails, stack)
        hub = {"host": "127.0.0.1", "port": 1, "tls": False, "confirm": "broker"}
        config = site.write_config(directory, hub)
        text = re.sub(
            r"(?<=port = )\d+", lambda found: str(moved.get(int(found[0]), found[0])), config.read_text("utf-8")
        )
        text = two_zones(text)
        text = text.replace(f"period_s = {PERIOD_S}", f"period_s = {Site('1', '1', '140200').period_s}")
        text = text.replace(f"deadline_s = {DEADLINE_S}", f"deadline_s = {Probe().deadline_s:g}")
        config.write_text(text + '\n[rules]\nprofile = "full"\n', "utf-8")
        own = {name: (one.port, one.rtsp_port) for name, one in site.devices.items()}
        ports = {name: (moved.get(http, http), moved.get(rtsp, rtsp)) for name, (http, rtsp) in own.items()}
        asked = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_tell, args=(asked, ports), daemon=True).start()
        healthy = [_told(one, site, cameras) for one in devices if one.id not in ails]
        said = {"config": str(config), "traffic": asked.getsockname()[1], "ails": ails, "healthy": healthy}
        print(json.dumps(said), flush=True)
        sys.stdin.read()


def _told(device: DemoDevice, site: SimulatedSite, cameras: list[DemoCamera]) -> dict[str, Any]:
    """Return what a script needs to read a device."""
    there, (user, password) = site.devices[device.id], site.login(device.id)
    channels = [(one.id, one.channel) for one in cameras if one.device == device.id]
    return {
        "driver": device.driver, "http": there.port, "rtsp": there.rtsp_port, "user": user, "password": password,
        "channels": channels,
    }  # fmt: skip


def _tell(asked: socket.socket, ports: dict[str, tuple[int, int]]) -> None:
    while True:
        connection, _ = asked.accept()
        with connection:
            connection.sendall(json.dumps({name: TRAFFIC.so_far(pair) for name, pair in ports.items()}).encode())


def bytes_of(connection: socket.socket) -> tuple[int, int]:
    """Return how many bytes a connection has received and sent."""
    if connection.fileno() < 0:
        return 0, 0
    sent, received = _TOLD.unpack_from(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TOLD.size))
    return received, sent


if __name__ == "__main__":
    main()
