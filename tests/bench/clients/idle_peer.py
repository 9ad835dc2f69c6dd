"""A daemon that does nothing: a stock paho client on the same broker, and one look at the clock a second."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Connect, do nothing for so long, and print what that cost."""
    asked = json.load(sys.stdin)
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="nothing", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", asked["broker"], 30)
    client.loop_start()
    time.sleep(1.0)
    begun_cpu_s, begun_s = time.process_time(), time.monotonic()
    while time.monotonic() < begun_s + asked["rest_s"]:
        time.sleep(1.0)
    cpu_s, rest_s = time.process_time() - begun_cpu_s, time.monotonic() - begun_s
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None or not client.is_connected():
        raise SystemExit("it is not connected")
    print(json.dumps({"rss_mb": int(found[1]) * 1024 / 1e6, "rest_cpu_s": cpu_s, "rest_s": rest_s}))


if __name__ == "__main__":
    main()
