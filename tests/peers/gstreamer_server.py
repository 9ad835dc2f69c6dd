"""GStreamer's RTSP server as a camera that nobody here wrote: one process, several mounts, Digest before all of them.

Run it with the system's Python, for which Debian packages the bindings. It prints its port as one line of JSON, then
answers each line on its standard input with a line of JSON: how many requests carried a login and were refused.

Mounts, all 320x192:
/h264, /h265            25 fps, a keyframe each second, parameter sets in band
/h264-sdp, /h265-sdp    the same, parameter sets in the session description only
/stall                  described and played, but no packet ever leaves
/freeze                 25 fps of one and the same picture
/half                   12.5 fps of H.264 with a bitrate that varies, a keyframe each second
/jpeg                   10 fps of JPEG
/slow                   1 fps, each picture a keyframe
/replay                 ONVIF replay: packets carry the time at which they were recorded
"""

from __future__ import annotations

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

USER, PASSWORD = "admin", "peer-Pa55"
_H264 = (
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} {quality} ! rtph264pay name={name} pt=96 {sets}"
)
_H265 = (
    "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} log-level=none option-string=pools=1"
    " ! h265parse ! rtph265pay name={name} pt=96 {sets}"
)
_VARYING = (
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} pass=qual quantizer=28"
    " ! rtph264pay name={name} pt=96 {sets}"
)
_JPEG = "jpegenc ! rtpjpegpay name={name} pt=26"
_IN_BAND, _IN_SDP = "config-interval=-1", "config-interval=0"


def pipeline(
    encoder: str, sets: str, pattern: str = "ball", rate: str = "25/1", gop: int = 25, name: str = "pay0"
) -> str:
    """Write what a mount plays, in GStreamer's own words."""
    source = (
        f"videotestsrc is-live=true pattern={pattern} ! video/x-raw,format=I420,width=320,height=192,framerate={rate}"
    )
    # A fixed quantizer, so that equal pictures are coded equally.
    quality = "pass=quant quantizer=24"
    return f"{source} ! " + encoder.format(gop=gop, sets=sets, quality=quality, name=name)


def replayed() -> str:
    """A recording without end: a source that can seek to any moment, told in time since 1900 as ONVIF's replay is.

    The element that writes the recorded time stands behind the payloader and is the mount's last one.
    """
    return (
        pipeline(_H264, _IN_BAND, name="pay").replace("is-live=true", "")
        + " ! rtponviftimestamp name=pay0 ntp-offset=0"
    )


MOUNTS = {
    "/h264": pipeline(_H264, _IN_BAND),
    "/h265": pipeline(_H265, _IN_BAND),
    "/h264-sdp": pipeline(_H264, _IN_SDP),
    "/h265-sdp": pipeline(_H265, _IN_SDP),
    "/stall": pipeline(_H264, _IN_BAND),
    "/freeze": pipeline(_H264, _IN_BAND, pattern="smpte75"),
    "/half": pipeline(_VARYING, _IN_BAND, rate="25/2", gop=13),
    "/jpeg": pipeline(_JPEG, "", rate="10/1"),
    "/slow": pipeline(_H264, _IN_BAND, rate="1/1", gop=1),
    "/replay": replayed(),
}


class Refusals:
    """Counts refused logins: every 401 of a connection after its first, which is the challenge."""

    def __init__(self) -> None:
        self.count = 0
        self._challenged: set[int] = set()

    def watch(self, _server: GstRtspServer.RTSPServer, client: GstRtspServer.RTSPClient) -> None:
        """Look at what a client is sent."""
        client.connect("send-message", self._sent)
        client.connect("closed", lambda closed: self._challenged.discard(hash(closed)))

    def _sent(self, client: GstRtspServer.RTSPClient, _context: object, message: GstRtsp.RTSPMessage) -> None:
        _, code, _, _ = message.parse_response()
        if code == GstRtsp.RTSPStatusCode.UNAUTHORIZED:
            self.count += hash(client) in self._challenged
            self._challenged.add(hash(client))


def main() -> None:
    """Serve until the standard input ends."""
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    auth.add_digest(USER, PASSWORD, token)
    server.set_auth(auth)
    # A thread per client: one that hangs must not hold up the others.
    server.get_thread_pool().set_max_threads(-1)
    for path, launch in MOUNTS.items():
        factory = GstRtspServer.RTSPOnvifMediaFactory()
        factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia)
        factory.set_launch(f"( {launch} )")
        factory.set_shared(path != "/replay")
        factory.set_replay_support(path == "/replay")
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_role("viewer")
        permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
        permissions.add_permission_for_role("viewer", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
        factory.set_permissions(permissions)
        if path == "/stall":
            factory.connect("media-configure", _hold_back)
        server.get_mount_points().add_factory(path, factory)
    refusals = Refusals()
    server.connect("client-connected", refusals.watch)
    server.attach(None)
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    loop = GLib.MainLoop()
    channel = GLib.IOChannel.unix_new(sys.stdin.fileno())

    def asked(_channel: object, _condition: object) -> bool:
        if not sys.stdin.readline():
            loop.quit()
            return False
        print(json.dumps({"refused": refusals.count}), flush=True)
        return True

    GLib.io_add_watch(channel, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, asked)
    loop.run()


def _hold_back(_factory: object, media: GstRtspServer.RTSPMedia) -> None:
    payloader = media.get_element().get_by_name("pay0")
    payloader.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, _drop)


def _drop(_pad: object, _info: object) -> Gst.PadProbeReturn:
    return Gst.PadProbeReturn.DROP


if __name__ == "__main__":
    main()
