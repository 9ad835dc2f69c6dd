"""Write the SBOM of a folder of packages: CycloneDX 1.6, JSON, the same bytes for the same folder.

It names each Python package, the C libraries inside (`bundled.py`) and what wheels say in SBOMs of their own of the
Rust crates that were compiled in. It leaves to scanners which of these have known weaknesses: purl and CPE are theirs.

    python packaging/write_sbom.py FOLDER --version 1.2.3 --wheels DIR --out camwarden.cdx.json

Source: CycloneDX 1.6 (ECMA-424); PEP 770 for SBOMs inside wheels.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bundled import Bundled, UnknownPartError, bundled
from installed import Package, installed, may_be_shipped, normal, owners

NAMESPACE: Final = uuid.UUID("4f3f7c1e-6f0c-5b7e-9f63-2b6f7a5a8c11")
"""Under which serial numbers are made from content."""

OURS: Final = "camwarden"


def sbom(
    folder: Path, version: str, wheel_hashes: Mapping[tuple[str, str], str], built_at: datetime | None
) -> dict[str, Any]:
    """Return the SBOM of a folder of packages as CycloneDX.

    Args:
        folder: where the packages lie, with their `.dist-info`.
        version: camwarden's own, which may lie elsewhere.
        wheel_hashes: SHA-256 of the archive each package came in, by name and version; may miss some.
        built_at: the time to write in; None leaves it out.

    Raises:
        UnknownPartError: a library or its terms stand in no table, or terms do not allow shipping.
    """
    packages = tuple(package for package in installed(folder) if package.name != OURS)
    libraries = bundled(folder, owners(packages))
    claims = {package.name: _claims(folder, package) for package in packages}
    crates = {package.name: tuple(_crates(claims[package.name], package.licence)) for package in packages}
    parts = [
        *(_python(package, wheel_hashes.get((package.name, package.version))) for package in packages),
        *(_library(one, claims[one.package]) for one in libraries),
        *{crate["bom-ref"]: crate for found in crates.values() for crate in found}.values(),
    ]
    _must_be_shippable(parts)
    root = f"pkg:generic/{OURS}@{version}"
    metadata: dict[str, Any] = {
        "component": {
            "type": "application",
            "bom-ref": root,
            "name": OURS,
            "version": version,
            "purl": root,
            "licenses": [{"expression": "Apache-2.0"}],
        }
    }
    if built_at is not None:
        metadata["timestamp"] = built_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": sorted(parts, key=lambda part: str(part["bom-ref"])),
        "dependencies": _dependencies(root, packages, libraries, crates),
    }
    serial = uuid.uuid5(NAMESPACE, json.dumps(body, sort_keys=True))
    return {"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "serialNumber": f"urn:uuid:{serial}", **body}


def written(document: Mapping[str, Any]) -> str:
    """Return an SBOM as the text of its file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def hashes_of(folder: Path) -> dict[tuple[str, str], str]:
    """Return the SHA-256 of each wheel or source archive in a folder, by package and version."""
    found = {}
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(r"(.+?)-(\d[^-]*?)(-.*\.whl|\.tar\.gz)", path.name)
        if match:
            found[normal(match[1]), match[2]] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def hashes_in(report: Path) -> dict[tuple[str, str], str]:
    """Return the SHA-256 of what `pip install --report` says it installed, by package and version."""
    done = json.loads(report.read_bytes())["install"]
    return {
        (normal(one["metadata"]["name"]), one["metadata"]["version"]): one["download_info"]["archive_info"]["hashes"][
            "sha256"
        ]
        for one in done
        if "archive_info" in one["download_info"]
    }


def _python(package: Package, wheel_sha256: str | None) -> dict[str, Any]:
    purl = _purl(package)
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": package.name,
        "version": package.version,
        "licenses": [{"expression": package.licence}],
        "purl": purl,
    }
    if wheel_sha256 is not None:
        part["hashes"] = [{"alg": "SHA-256", "content": wheel_sha256}]
    return part


def _library(one: Bundled, claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row = one.library
    at = f"@{one.version}" if one.version else ""
    part: dict[str, Any] = {
        "type": "library",
        "bom-ref": _ref(one),
        "name": row.name,
        "licenses": [{"expression": row.licence}],
        "purl": f"pkg:generic/{quote(row.name.lower().replace(' ', '-'))}{at}",
        "properties": [{"name": "camwarden:inside", "value": one.package}],
        "evidence": {"occurrences": [{"location": file} for file in one.files]},
    }
    if one.version:
        part["version"] = one.version
        if row.cpe:
            part["cpe"] = f"cpe:2.3:a:{row.cpe}:{one.version}:*:*:*:*:*:*:*"
    else:
        part["properties"].append({"name": "camwarden:version", "value": "not told by the binary"})
    origins = {
        claim["purl"]
        for claim in claims
        if row.rpm and claim["purl"].startswith("pkg:rpm/") and claim["name"] == row.rpm
    }
    part["properties"] += [{"name": "camwarden:taken-from", "value": origin} for origin in sorted(origins)]
    if row.note:
        part["description"] = row.note
    return part


def _claims(folder: Path, package: Package) -> tuple[dict[str, Any], ...]:
    """Return the components of a wheel's own SBOMs that have a purl."""
    files = [file for file in package.files if re.search(r"\.dist-info/sboms/.*\.json$", file)]
    found = [part for file in files for part in json.loads((folder / file).read_bytes()).get("components", ())]
    return tuple(part for part in found if isinstance(part.get("purl"), str))


def _crates(claims: Sequence[Mapping[str, Any]], licence: str) -> Iterator[dict[str, Any]]:
    """Yield the crates of a package under `licence`, which its own crates may leave out: those of its own source."""
    for claim in claims:
        # The place where the wheel's makers built it says nothing to anybody.
        purl = claim["purl"].split("?", 1)[0]
        if purl.startswith("pkg:cargo/"):
            part = {key: claim[key] for key in ("type", "name", "version", "licenses") if key in claim}
            if "licenses" not in part and "download_url=file:" in claim["purl"]:
                part["licenses"] = [{"expression": licence}]
            yield {**part, "bom-ref": purl, "purl": purl}


def _purl(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _ref(one: Bundled) -> str:
    return f"{one.package}/{one.library.name}@{one.version or 'unknown'}"


def _dependencies(
    root: str,
    packages: Sequence[Package],
    libraries: Sequence[Bundled],
    crates: Mapping[str, Sequence[Mapping[str, Any]]],
) -> list[dict[str, Any]]:
    present = {package.name: _purl(package) for package in packages}
    edges = [{"ref": root, "dependsOn": sorted(present.values())}]
    for package in packages:
        needed = {present[name] for name in package.needs if name in present}
        inside = {_ref(one) for one in libraries if one.package == package.name}
        compiled = {crate["bom-ref"] for crate in crates[package.name]}
        edges.append({"ref": _purl(package), "dependsOn": sorted(needed | inside | compiled)})
    return edges


def _must_be_shippable(parts: Sequence[Mapping[str, Any]]) -> None:
    for part in parts:
        terms = [one.get("expression") or one.get("license", {}).get("id", "?") for one in part.get("licenses", ())]
        if not terms or not all(may_be_shipped(term) for term in terms):
            raise UnknownPartError(
                f"{part['name']}: {' '.join(terms) or 'no terms'}: packaging/installed.py does not allow it"
            )


def main() -> None:
    """Write the SBOM of one folder."""
    parser = argparse.ArgumentParser(description="write the SBOM of a folder of installed packages")
    parser.add_argument("folder", type=Path, help="where the packages lie")
    parser.add_argument("--version", required=True, help="of camwarden")
    parser.add_argument("--wheels", type=Path, help="the folder of the wheels that were installed, for their hashes")
    parser.add_argument(
        "--report", type=Path, action="append", default=[], help="of pip, which installed them; the same"
    )
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    built_at = datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    hashes = hashes_of(args.wheels) if args.wheels else {}
    for report in args.report:
        hashes |= hashes_in(report)
    try:
        made = sbom(args.folder, args.version, hashes, built_at)
    except UnknownPartError as error:
        sys.exit(f"write_sbom: {error}")
    args.out.write_text(written(made), "utf-8")


if __name__ == "__main__":
    main()
