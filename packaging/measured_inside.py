"""Run by `measure.py` inside a bare Debian: install the package, run the service once, print what was measured as JSON.

The service watches the simulated site of tests/system/guest (three devices, four cameras), which is made of the
package's own demo. Figures of memory are taken at the end of the first cycle, when pictures have been judged.
"""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

INSTALLED = Path("/usr/lib/camwarden")
UNIT = Path("/usr/lib/systemd/system/camwarden.service")
WITHIN_S = 120.0


def took_s(*command: str) -> tuple[float, float]:
    """Return how long a command took that must succeed: on the clock, and of a core."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def used_s(pid: int) -> float:
    """Return how long a process has used a core, its threads included."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def exposure() -> float:
    """Return how exposed systemd calls the unit."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1])


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    kilobytes = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]
    return int(kilobytes) / 1000


def heard(notices: socket.socket, what: str) -> float:
    """Wait until the service tells its manager this; return when."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if what in notices.recv(4096).decode():
            return time.monotonic()
    raise SystemExit(f"the service did not tell {what} within {WITHIN_S:g} s")


def service(folder: Path) -> dict[str, float]:
    """Start the service on a simulated site and return how it did."""
    packages = INSTALLED / "site-packages"
    hub = folder / "hub.json"
    hub.write_text(json.dumps({"host": "127.0.0.1", "port": 1883, "tls": False, "confirm": "broker"}))
    site = subprocess.Popen(["/usr/bin/python3", "-B", "/srv/guest/simulated_site.py", packages, packages, folder, hub])
    settings = re.findall(r"(?m)^Environment=(.*)$", UNIT.read_text())
    environment = dict(word.split("=", 1) for line in settings for word in line.split())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
        notices.bind(str(folder / "notify"))
        notices.settimeout(WITHIN_S)
        while not (folder / "site.toml").exists():
            time.sleep(0.1)
        begun = time.monotonic()
        with subprocess.Popen(
            [INSTALLED / "bin/camwarden", "run", "--config", folder / "site.toml"],
            env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(folder / "notify"), **environment},
        ) as child:
            ready_s, ready_cpu_s = heard(notices, "READY=1") - begun, used_s(child.pid)
            heard(notices, "STATUS=")
            workers = [int(pid) for pid in Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()]
            memory = {"rss_mb": rss_mb(child.pid), "worker_rss_mb": sum(map(rss_mb, workers))}
            child.send_signal(signal.SIGTERM)
    site.terminate()
    site.wait()
    return {"ready_s": ready_s, "ready_cpu_s": ready_cpu_s, **memory}


if __name__ == "__main__":
    install_s, install_cpu_s = took_s("dpkg", "--install", "/srv/this.deb")
    files = [path for path in INSTALLED.rglob("*") if path.is_file()]
    version_s, version_cpu_s = min(took_s("camwarden", "--version") for _ in range(5))
    told = {
        "install_s": install_s,
        "install_cpu_s": install_cpu_s,
        "disk_mb": sum(path.stat().st_blocks * 512 for path in files) / 1e6,
        "version_s": version_s,
        "version_cpu_s": version_cpu_s,
        "exposure": exposure(),
    }
    with tempfile.TemporaryDirectory() as scratch:
        told |= service(Path(scratch))
    print(json.dumps(told))
