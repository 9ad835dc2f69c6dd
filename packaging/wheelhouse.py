"""Pack a ZIP with which a laptop without network gets camwarden: our wheel, all others for one Python, and how.

Everything comes from `runtime.lock` with its hashes. The ZIP brings a lock of its own, with the hash of each wheel in
it, checksums, the SBOM, the notices, and README in English and Chinese. The same checkout gives the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import build_deb
from write_notices import notices
from write_sbom import hashes_of, sbom, written

ROOT: Final = Path(__file__).resolve().parent.parent
READMES: Final = ("README.txt", "README.zh.txt")
MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
ZIP_EPOCH_MIN: Final = 315532800  # 1980-01-01, the first day that a ZIP can name


def flat(wheel: Path, to: Path) -> Path:
    """Write a wheel anew with what it would put into `lib/python3.X/site-packages` beside its packages.

    onvif-zeep names the Python that built it in that path, so that its WSDLs would land where no other Python looks.
    """
    target = to / wheel.name
    rows = []
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        record = next(name for name in source.namelist() if name.endswith(".dist-info/RECORD"))
        places = {
            re.sub(r"^[^/]+\.data/data/lib/python3\.\d+/site-packages/", "", name): name
            for name in source.namelist()
            if not name.endswith("/") and name != record
        }
        for place, name in sorted(places.items()):
            content = source.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            rows.append((place, f"sha256={digest}", str(len(content))))
            made.writestr(zipfile.ZipInfo(place), content, zipfile.ZIP_DEFLATED)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([*rows, (record, "", "")])
        made.writestr(zipfile.ZipInfo(record), text.getvalue(), zipfile.ZIP_DEFLATED)
    return target


def requirements(wheels: Path) -> str:
    """Return the lock of a folder of wheels: each by name, version and hash."""
    lines = [f"{name}=={version} --hash=sha256:{digest}\n" for (name, version), digest in hashes_of(wheels).items()]
    return "".join(sorted(lines))


def checksums(folder: Path) -> str:
    """Return what `sha256sum --check` wants for everything in a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)


def pack(folder: Path, out: Path, epoch: int) -> None:
    """Write a ZIP of a folder, the same bytes for the same files; wheels are compressed already."""
    when = datetime.fromtimestamp(max(epoch, ZIP_EPOCH_MIN), UTC)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder)}", when.timetuple()[:6])
            info.external_attr = 0o644 << 16
            made.writestr(info, path.read_bytes())


def build(python: str, architecture: str, out: Path) -> Path:
    """Build the ZIP for one Python and one Debian architecture and return it.

    Raises:
        subprocess.CalledProcessError: pip refused: no such wheel, another hash, no network.
    """
    epoch = build_deb.built_at()
    version = build_deb.upstream_version()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        folder = Path(scratch, f"camwarden-{version}-py{python}-linux-{MACHINES[architecture]}")
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        build_deb.fill(None, wheels, python, architecture)
        for wheel in sorted(wheels.glob("onvif_zeep-*.whl")):
            made = flat(wheel, Path(scratch))
            made.replace(wheel)
        own = next(wheels.glob("camwarden-*.whl")).name.split("-")[1]
        for name in READMES:
            text = (ROOT / "packaging/wheelhouse" / name).read_text("utf-8")
            text = text.replace("@PYTHON@", python).replace("@VERSION@", own)
            (folder / name).write_text(text.replace("@MACHINE@", MACHINES[architecture]), "utf-8")
        (folder / "requirements.txt").write_text(requirements(wheels), "ascii")
        site = Path(scratch, "site")
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(site)
        document = sbom(site, own, hashes_of(wheels), datetime.fromtimestamp(epoch, UTC))
        (folder / "camwarden.cdx.json").write_text(written(document), "utf-8")
        (folder / "THIRD-PARTY-NOTICES").write_text(notices(site), "utf-8")
        (folder / "SHA256SUMS").write_text(checksums(folder), "utf-8")
        target = out / f"{folder.name}.zip"
        pack(folder, target, epoch)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=None, help="of the laptop, such as 3.12; that of the running Debian")
    parser.add_argument("--arch", default="amd64", choices=sorted(MACHINES))
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    try:
        print(build(args.python or build_deb.system_python(), args.arch, args.out))
    except subprocess.CalledProcessError as error:
        sys.exit(f"wheelhouse: {error}")
