"""Parameter sets that real cameras, recorders and encoders announced, as their owners posted them in public.

They are facts about devices: bytes that a reader of ours must not refuse. Base64, as in SDP (RFC 6184, RFC 7798).
"""

from __future__ import annotations

from typing import Final

Sets = tuple[tuple[str, ...], tuple[int, int]]
"""The sets, and the size that they say."""

H264: Final[dict[str, Sets]] = {
    "Hikvision": (("Z0IAH5W4PASaEAAAcIAAFfkAQA==", "aM48gA=="), (960, 576)),
    "Hikvision, another": (("Z0IAH5WoPASaEAAAcIAAFfkIQA==", "aM48gA=="), (960, 576)),
    "Hikvision recorder": (("Z00AKpY1QPAET8s3AQEBQAABwgAAV+QB", "aO48gA=="), (1920, 1080)),
    "Hikvision, main profile": (("Z00AH5WoFAFuhAAAHCAABX5AEA==", "aO48gA=="), (1280, 720)),
    "Hikvision, high profile": (("Z2QAKKzZQHgCJ+WEAAADAAQAAAMAwjxgySA=", "aO48sA=="), (1920, 1080)),
    "behind a media server": (("Z2QAHqw0ygsBJ/wFuCgoKgAAB9AAAYah0MALFAALE9d5caGAFigAFieu8uFA", "aO48MA=="), (704, 576)),
    "Dahua, high profile": (("Z2QAKqwsaoHgCJ+WbgoCCoAAAAMAgAAAD0IA", "aO4xshsA"), (1920, 1080)),
    "Dahua, main profile": (("Z00AKpY1QPAET8s3BQEFAgA=", "aO4xsgA="), (1920, 1080)),
    "Dahua, main profile, clocked": (("Z00AKp2oHgCJ+WbgICAoAAAfQAAGGoQgAA==", "aO48gAA="), (1920, 1080)),
    "Dahua, described": (("Z00AKp2oHgCJ+WbgICAgQA==", "aO48gA=="), (1920, 1080)),
    "Avigilon": (("Z00AKZpmA8ARPy4C1AQEBQAAAwPoAADqYOhlBQu8uNDKChd5cKA=", "aO48gA=="), (1920, 1080)),
    "Axis": (("Z00AKeKQDwBE/LgLcBAQGkHiRFQ=", "aO48gA=="), (1920, 1080)),
    "Axis, smaller": (("Z00AKeKQCgC3YC3AQEBpB4kRUA==", "aO48gA=="), (1280, 720)),
    "behind live555": (("Z2QAH6wsaoFAFum4CAgIEA==", "aO48sA=="), (1280, 720)),
    "no description": (("Z00AKpWoHgCJ+VA=", "aO48gA=="), (1920, 1080)),
    "x264": (("Z2QAHqzZQNg95vARAAADAAEAAAMAMA8WLZY=", "aO+Pyw=="), (854, 480)),
    "x264, of a player's test": (("Z2QAH6zZQPARabIAAAMACAAAAwGcHjBjLA==", "aOvjyyLA"), (960, 544)),
    "x264, of a video indexer": (("Z2QAKKzZQHgCHoQAAAMABAAAAwDwPGDGWA==", "aOvssiw="), (1920, 1072)),
    "x264, of a server's test": (("Z2QAFqyyAUBf8uAiAAADAAIAAAMAPB4sXJA=", "aOvDyyLA"), (640, 360)),
    "x264, clocked": (("Z2QAHqzZQKAv+XAWoMAgqAAAH0gAB1MEeLFssA==", "aOvjyyLA"), (640, 360)),
    "Raspberry Pi": (("J2QAKKwrQDwBE/LCAAADAAIAAAMAecFABhqAAL683vcA8SJq", "KO4BNyw="), (1920, 1080)),
    "Android": (("Z0LAHtkDxWhAAAADAEAAAAwDxYuS", "aMuMsg=="), (240, 160)),
}

H265: Final[dict[str, Sets]] = {
    "Dahua, doorbell": (
        (
            "QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ",
            "QgEBAWAAAAMAAAMAAAMAAAMAlqABaCAGWfeNrkkya5YwCAAAAwAIAAADAPBA",
            "RAHgdoaNAwYMZA==",
        ),
        (2880, 1620),
    ),
    "Dahua, high profile": (
        (
            "QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ",
            "QgEBAWAAAAMAAAMAAAMAAAMAlqADwIAQ5Za5JMmuWcBSSgAAB9AAAHUwgkA=",
            "RAHgdrAwxmQ=",
        ),
        (1920, 1080),
    ),
    "Hikvision": (
        (
            "QAEMAf//IWAAAAMAAAMAAAMAAAMAlqwJ",
            "QgEBIWAAAAMAAAMAAAMAAAMAlqADwIARB8u605KJLuagQEBAgAg9YADN/mAE",
            "RAHAcvAbJA==",
        ),
        (1920, 1080),
    ),
    "described, of a server's test": (
        (
            "QAEMAf//AWAAAAMAsAAAAwAAAwB4FwJA",
            "QgEBAWAAAAMAsAAAAwAAAwB4oAKggC8c1YgXuRZFL/y5/E/qbgQEBAE=",
            "RAHAcvBTJA==",
        ),
        (1334, 750),
    ),
    "Shift_JIS in its SDP": (
        (
            "QAEMAf//AWAAAAMAgAAAAwAAAwCWrAk=",
            "QgEBAWAAAAMAgAAAAwAAAwCWoAFAIAeB/ja7tTd3JdYC3AQEBBAAAD6AAAJxByHe5R2I",
            "RAHBcrCcGw3iQA==",
        ),
        (2560, 1920),
    ),
    "the second of two of each": (
        ("QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ", "QgEBAWAAAAMAsAAAAwAAAwCZoAHgIAIcWNrkkUvzcBAQEAg=", "RAHAcvCcFAobJA=="),
        (3840, 2160),
    ),
    "of a media server's test": (
        (
            "QAEMAf//AWAAAAMAsAAAAwAAAwBdqgJA",
            "QgEBAWAAAAMAsAAAAwAAAwBdoAKAgC0WNrkky/AIAAADAAgAAAMBlQg=",
            "RAHA8vA8kAA=",
        ),
        (1280, 720),
    ),
    "padded with zeros": (
        (
            "QAEMAf//AWAAAAMAgAAAAwAAAwB4vAk=",
            "QgEBAWAAAAMAgAAAAwAAAwB4oAPAgBDljb5JMpgEAAADAAQAAAMAeCA=",
            "RAHA88BNkAAAAAAAAAAAAAA=",
        ),
        (1920, 1080),
    ),
    "x265": (
        (
            "QAEMAf//AWAAAAMAkAAAAwAAAwA/lZgJ",
            "QgEBAWAAAAMAkAAAAwAAAwA/oAUCAWnXllZpJMr/8MIQwCAQAAADABAAAAMB4IA=",
            "RAHBcrRiQA==",
        ),
        (638, 360),
    ),
    "x265, another": (
        (
            "QAEMAf//AWAAAAMAkAAAAwAAAwB4mZgJ",
            "QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDllmZpJMrgEAAAAwAQAAADAeCA",
            "RAHBcrRiQA==",
        ),
        (1920, 1080),
    ),
    "GStreamer": (
        ("QAEMAf//AWAAAAMAkAAAAwAAAwA/ugJA", "QgEBAWAAAAMAkAAAAwAAAwA/oAUCAXHy5bpKTC8BAQAAAwABAAADAA8I", "RAHAc8GJ"),
        (640, 360),
    ),
}
