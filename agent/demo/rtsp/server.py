"""Serves RTSP for a simulated device: live streams and replay over one TCP connection, with Digest login.

One thread per connection reads requests and sends pictures when they are due; `playing.py` selects them. Only
interleaved transport is offered. Main streams repeat the parameter sets before each IDR; sub streams give them in the
SDP only, as some cameras do.
"""

import re
import secrets
import selectors
import socketserver
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.clips import Clip, clip_of
from agent.demo.rtsp.message import BadRequest, Request, clock_range, clock_text, response, take
from agent.demo.rtsp.playing import Live, Replay, ReplayWish, Told, starting_point
from agent.demo.rtsp.rtp import Packetiser
from agent.demo.rtsp.target import ONVIF, Dialect, Target
from agent.demo.world.cameras import DemoCamera
from agent.demo.world.listening import LoopbackServer
from agent.demo.world.login import Gate
from agent.demo.world.recordings import Recording
from drivers.picture import PathName

IDLE_S = 60.0
SEND_S = 5.0
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_INTERLEAVED = re.compile(r";\s*interleaved=(\d{1,3})-")


@dataclass(slots=True)
class Session:
    """What SETUP agreed on."""

    id: str
    target: Target
    packetiser: Packetiser


class RtspConnection(socketserver.BaseRequestHandler):
    """One client's connection."""

    def __init__(self, view: Callable[[], DeviceView], gate: Gate, *args: Any, dialect: Dialect = ONVIF) -> None:
        self._view, self._gate, self._dialect = view, gate, dialect
        self._described: Target | None = None
        self._session: Session | None = None
        self._player: Live | Replay | Told | None = None
        self._due_at_mono = 0.0
        self._open = True
        super().__init__(*args)

    def handle(self) -> None:
        """Read and answer requests, and send pictures when they are due, until the client leaves."""
        self.request.settimeout(SEND_S)
        try:
            self._serve()
        finally:
            self._become(None)

    def _serve(self) -> None:
        buffer = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.request, selectors.EVENT_READ)
            while self._open:
                wait_s = max(0.0, self._due_at_mono - time.monotonic()) if self._player else IDLE_S
                if selector.select(wait_s):
                    received = self.request.recv(8192)
                    if not received:
                        return
                    buffer = self._consume(buffer + received)
                elif not self._player:
                    return
                self._send_due()

    def _become(self, session: Session | None) -> None:
        """Change the session, and let the device count it."""
        if isinstance(self.server, LoopbackServer) and (session is None) != (self._session is None):
            self.server.plays(-1 if session is None else 1)
        self._session = session

    def _consume(self, buffer: bytes) -> bytes:
        try:
            while self._open:
                request, buffer = take(buffer)
                if request is None:
                    break
                self.request.sendall(self._answer(request))
        except BadRequest:
            self._open = False
            self.request.sendall(response(400, 0, {"Connection": "close"}))
        return buffer

    def _send_due(self) -> None:
        if self._player is None or time.monotonic() < self._due_at_mono or not self._open:
            return
        data = self._player.next()
        if data is None:
            self._player = None
            return
        self.request.sendall(data)
        self._due_at_mono = max(self._due_at_mono + self._player.interval_s, time.monotonic() - 1.0)

    def _answer(self, request: Request) -> bytes:
        cseq = request.cseq
        if request.method == "OPTIONS":
            return response(200, cseq, {"Public": METHODS})
        outcome = self._gate.digest(request.headers.get("authorization"), request.method, None)
        if outcome != "granted" and not self._dialect.opens(request.url):
            return response(401, cseq, {"WWW-Authenticate": self._gate.challenge(qop=False, stale=outcome == "stale")})
        required = request.headers.get("require", "").replace(" ", "").split(",")
        unknown = {tag for tag in required if tag} - self._dialect.tags
        if unknown:
            return response(551, cseq, {"Unsupported": ", ".join(sorted(unknown))})
        answers: Mapping[str, Callable[[Request], bytes]] = {
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._halt,
            "TEARDOWN": self._halt,
            "GET_PARAMETER": self._keep_alive,
            "SET_PARAMETER": self._keep_alive,
        }
        answer = answers.get(request.method)
        return answer(request) if answer is not None else response(501, cseq)

    def _describe(self, request: Request) -> bytes:
        target = self._described = self._dialect.find(self._view(), request.url, None)
        if target is None:
            return response(404, request.cseq)
        parts = urlsplit(request.url)
        base = f"rtsp://{parts.netloc}{parts.path.rstrip('/')}/"
        headers = {"Content-Base": base, "Content-Type": "application/sdp"}
        return response(200, request.cseq, headers, self._dialect.describe(target, base))

    def _setup(self, request: Request) -> bytes:
        target = self._dialect.find(self._view(), request.url, self._described)
        if target is None:
            return response(404, request.cseq)
        if self._player is not None:
            return response(455, request.cseq)
        offers = [offer.strip() for offer in request.headers.get("transport", "").split(",")]
        offer = next((offer for offer in offers if offer.upper().startswith("RTP/AVP/TCP")), None)
        if offer is None:
            return response(461, request.cseq)
        match = _INTERLEAVED.search(offer)
        channel = min(int(match.group(1)), 254) if match else 0
        packetiser = Packetiser(secrets.randbits(32), secrets.randbits(16), channel)
        session = Session(secrets.token_hex(8), target, packetiser)
        self._become(session)
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={packetiser.ssrc:08X}"
        return response(200, request.cseq, {"Transport": transport, "Session": f"{session.id};timeout=60"})

    def _in_session(self, request: Request) -> Session | None:
        named = request.headers.get("session", "").partition(";")[0].strip()
        return self._session if self._session is not None and named == self._session.id else None

    def _play(self, request: Request) -> bytes:
        session = self._in_session(request)
        if session is None:
            return response(455 if self._session is None else 454, request.cseq)
        headers = {"Session": session.id, "RTP-Info": f"url={request.url};seq={session.packetiser.sequence}"}
        if session.target.metadata:
            self._player = Told(self._dialect.tells(session.target), session.packetiser)
        elif session.target.recording is None:
            camera, path = session.target.camera, session.target.path
            clip = partial(self._live_clip, camera, path)
            self._player = Live(clip, self._view().now, session.packetiser, parameter_sets=path == "main")
            headers["Range"] = "npt=now-"
        else:
            wish = _requested(request, session.target, session.target.recording)
            if wish is None:
                return response(457, request.cseq, {"Session": session.id})
            recording = session.target.recording
            clip_at = partial(self._recorded_clip, session.target, recording.camera)
            self._player = Replay(clip_at, recording.span, wish, session.packetiser)
            headers["Range"] = f"clock={clock_text(wish.start_at)}-"
        self._due_at_mono = time.monotonic()
        return response(200, request.cseq, headers)

    def _live_clip(self, camera: DemoCamera, path: PathName) -> Clip:
        return clip_of(camera, path, self._view().fault(camera))

    def _recorded_clip(self, target: Target, camera: DemoCamera, at: datetime) -> Clip:
        """Return the clip of a recorded moment: a fault shows only in footage from its start on."""
        active = self._view().faults.get(camera.id)
        fault = active.fault if active is not None and active.since <= at else None
        return target.plays or clip_of(camera, "playback", fault, at)

    def _halt(self, request: Request) -> bytes:
        if self._in_session(request) is None:
            return response(454, request.cseq)
        self._player = None
        if request.method == "PAUSE":
            return response(200, request.cseq, {"Session": request.headers["session"]})
        self._become(None)
        return response(200, request.cseq)

    def _keep_alive(self, request: Request) -> bytes:
        return response(200, request.cseq, {"Session": request.headers.get("session", "")})


def _requested(request: Request, target: Target, recording: Recording) -> ReplayWish | None:
    """Parse what a PLAY of a recording requests; None where its range lies outside."""
    gop = len(target.clip.pictures)
    end_at: datetime | None
    if target.asked is not None:
        start_at = starting_point(recording.span, target.asked.start_at, gop)
        if start_at is None:
            return None
        end_at = target.asked.end_at
        return ReplayWish(start_at, end_at, intra_only=False, paced=True, cseq=request.cseq, marked=False)
    try:
        wanted, end_at = clock_range(request.headers.get("range"))
    except ValueError:
        return None
    start_at = starting_point(recording.span, wanted, gop)
    if start_at is None or (end_at is not None and wanted is not None and end_at <= wanted):
        return None
    return ReplayWish(
        start_at,
        end_at or recording.span.end_at,
        intra_only=request.headers.get("frames", "").startswith("intra"),
        paced=request.headers.get("rate-control", "yes").lower() != "no",
        cseq=request.cseq,
    )
