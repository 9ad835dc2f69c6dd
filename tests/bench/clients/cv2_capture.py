"""OpenCV's VideoCapture with its defaults on every stream, one after the other: OpenCV opens one at a time anyway."""

from __future__ import annotations

import json
import sys
import time

import cv2


def main() -> None:
    """Read one frame from each stream; print how long that took, the import not counted."""
    asked = json.load(sys.stdin)
    begun = time.monotonic()
    for port in asked["ports"]:
        login = f"{asked['user']}:{asked['password']}@" if asked["login"] else ""
        capture = cv2.VideoCapture(f"rtsp://{login}127.0.0.1:{port}/sub")
        good, frame = capture.read()
        capture.release()
        if not good or frame.shape != (360, 640, 3):
            raise SystemExit(f"no frame from port {port}")
    print(json.dumps({"wall_s": time.monotonic() - begun}))


if __name__ == "__main__":
    main()
