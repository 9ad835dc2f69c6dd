"""Writes a site file with one recorder on this machine and one camera behind it, for self-tests of its link."""

from __future__ import annotations

from pathlib import Path


def write_link_site(folder: Path, code: str = "", name: str = "") -> Path:
    """Return `site.toml` in a folder, whose state stands beside it; the camera has a code, and the site a name."""
    state, config = folder / "state", folder / "site.toml"
    state.mkdir(mode=0o700)
    named, coded = f'name = "{name}"\n' if name else "", f'code = "{code}"\n' if code else ""
    config.write_text(
        f"""[site]
id = "S1"
city = "datong"
division = "140213"
{named}
[storage]
directory = "{state}"

[[device]]
id = "nvr"
host = "127.0.0.1"
driver = "onvif"

[[camera]]
id = "gate"
device = "nvr"
channel = 1
{coded}""",
        "utf-8",
    )
    return config
