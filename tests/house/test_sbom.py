"""The SBOM names every shipped package and every C library inside, in versions that the binaries tell themselves."""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import cv2
import pytest
from bundled import UnknownPartError, bundled
from cryptography.hazmat.backends.openssl import backend
from elf_number import number_of
from installed import installed, may_be_shipped, owners
from lxml import etree
from shipped_site import a_package, link_shipped, shipped_names
from write_sbom import hashes_in, hashes_of, sbom

ROOT = Path(__file__).parents[2]
PEER_PYTHON = ROOT / "build/peers/cyclonedx/bin/python"
BUILT_AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
CHECK = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
judge = JsonStrictValidator(SchemaVersion.V1_6)
print(json.dumps([str(judge.validate_str(json.dumps(one)) or "") for one in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_shipped(tmp_path_factory.mktemp("shipped") / "site")


@pytest.fixture(scope="module")
def made(site: Path) -> dict:
    return sbom(site, "1.2.3", {("idna", metadata.version("idna")): "0" * 64}, BUILT_AT)


def parts(made: dict, name: str) -> list[dict]:
    return [part for part in made["components"] if part["name"] == name]


def test_it_names_exactly_what_is_shipped(made: dict) -> None:
    named = {part["name"]: part["version"] for part in made["components"] if part["purl"].startswith("pkg:pypi/")}
    assert named == {name: metadata.version(name) for name in shipped_names()}
    assert set(named) == set(re.findall(r"(?m)^([\w.-]+)==", (ROOT / "packaging/runtime.lock").read_text("utf-8")))
    assert "pytest" not in named


def test_versions_of_c_libraries_are_those_that_run(made: dict) -> None:
    """What was read from the files is what the loaded libraries say of themselves."""
    assert f"OpenSSL {parts(made, 'OpenSSL')[0]['version']} " in backend.openssl_version_text()
    assert [part["version"] for part in parts(made, "libxml2")] == [".".join(map(str, etree.LIBXML_VERSION))]
    assert [part["version"] for part in parts(made, "libxslt")] == [".".join(map(str, etree.LIBXSLT_VERSION))]
    assert [part["version"] for part in parts(made, "OpenCV")] == [cv2.getVersionString()]
    built = cv2.getBuildInformation()
    assert f"jpeg-turbo (ver {parts(made, 'libjpeg-turbo')[0]['version']}-" in built
    assert f"libpng.so (ver {parts(made, 'libpng')[0]['version']})" in built


def test_a_version_that_is_a_number_behind_a_symbol_is_read_too(site: Path, made: dict) -> None:
    """The version of libiconv is a number (0x0112 is 1.18); the loaded module holds the same."""
    (part,) = parts(made, "libiconv")
    loaded = ctypes.c_int.in_dll(ctypes.CDLL(etree.__file__), "_libiconv_version").value
    assert part["version"] == f"{loaded >> 8}.{loaded & 255}"
    content = Path(etree.__file__).read_bytes()
    assert number_of(content, "_libiconv_versio") is None
    cut = [number_of(content[:length], "_libiconv_version") for length in (0, 5, 63, 64, 1000, len(content) - 100)]
    assert set(cut) == {None}, "a broken file tells nothing, and is no error"
    assert number_of(b"MZ" + content[2:], "_libiconv_version") is None


def test_what_lies_in_the_opencv_wheel_is_named_with_its_notes(made: dict) -> None:
    old = [part for part in parts(made, "OpenSSL") if part["version"].startswith("1.1.1")]
    assert len(old) == 1 and "ended" in old[0]["description"]
    assert old[0]["cpe"].startswith("cpe:2.3:a:openssl:openssl:1.1.1")
    assert any("pkg:rpm/" in one["value"] and "openssl-libs@1.1.1" in one["value"] for one in old[0]["properties"])
    names = {part["name"] for part in made["components"]}
    assert names >= {"FFmpeg", "OpenBLAS", "libvpx", "libaom", "libavif", "LibTIFF", "libwebp", "zlib", "libffi"}
    (ffmpeg,) = parts(made, "FFmpeg")
    assert ffmpeg["licenses"][0]["expression"] == "LGPL-2.1-or-later"
    assert "Decodes key pictures of cameras" in ffmpeg["description"], "what a picture of a camera comes to is said"


def test_a_version_that_no_binary_tells_is_left_out_and_said(made: dict) -> None:
    (part,) = parts(made, "libwebp")
    assert "version" not in part and "@" not in part["purl"]
    assert {"name": "camwarden:version", "value": "not told by the binary"} in part["properties"]


def test_crates_inside_cryptography_are_named(made: dict) -> None:
    crates = [part for part in made["components"] if part["purl"].startswith("pkg:cargo/")]
    assert {"openssl-sys", "asn1", "pyo3"} <= {part["name"] for part in crates}
    assert not any("file://" in json.dumps(part) for part in crates)


def test_each_reference_is_there_once(made: dict) -> None:
    refs = [part["bom-ref"] for part in made["components"]]
    assert len(refs) == len(set(refs))
    known = {*refs, made["metadata"]["component"]["bom-ref"]}
    assert all(edge["ref"] in known and known.issuperset(edge["dependsOn"]) for edge in made["dependencies"])


def test_the_same_folder_gives_the_same_bytes_and_another_version_another_number(
    site: Path, made: dict, tmp_path: Path
) -> None:
    again = sbom(site, "1.2.3", {("idna", metadata.version("idna")): "0" * 64}, BUILT_AT)
    assert json.dumps(again) == json.dumps(made)
    small = a_package(tmp_path, "foo", {})
    assert sbom(small, "1", {}, None)["serialNumber"] != sbom(small, "2", {}, None)["serialNumber"]
    assert made["metadata"]["timestamp"] == "2026-11-27T09:00:00Z"


def test_the_hash_is_that_of_the_archive_a_package_came_in(made: dict, tmp_path: Path) -> None:
    assert parts(made, "idna")[0]["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]
    assert "hashes" not in parts(made, "zeep")[0]
    (tmp_path / "Foo_Bar-1.2.post1-py3-none-any.whl").write_bytes(b"wheel")
    (tmp_path / "onvif_zeep-0.2.12.tar.gz").write_bytes(b"source")
    (tmp_path / "README").write_bytes(b"")
    assert hashes_of(tmp_path) == {
        ("foo-bar", "1.2.post1"): hashlib.sha256(b"wheel").hexdigest(),
        ("onvif-zeep", "0.2.12"): hashlib.sha256(b"source").hexdigest(),
    }
    row = {
        "metadata": {"name": "Foo_Bar", "version": "1"},
        "download_info": {"archive_info": {"hashes": {"sha256": "ab"}}},
    }
    local = {"metadata": {"name": "camwarden", "version": "1"}, "download_info": {"dir_info": {}}}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"install": [row, local]}))
    assert hashes_in(report) == {("foo-bar", "1"): "ab"}


def test_cyclonedx_s_own_schema_accepts_it_and_refuses_a_broken_one(made: dict) -> None:
    assert PEER_PYTHON.exists(), "cyclonedx is missing: run `make peers`"
    broken = {**made, "components": [{"type": "libary", "name": "x"}]}
    told = [PEER_PYTHON, "-Ic", CHECK]
    done = subprocess.run(
        told, input=json.dumps([made, broken]), capture_output=True, text=True, timeout=60, check=True
    )
    good, bad = json.loads(done.stdout)
    assert good == ""
    assert "libary" in bad


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"foo.libs/libevil-12345678.so.1": b"\x7fELF"}, "libevil"),
        ({"cv2/cv2.abi3.so": b"3rdparty dependencies:   libprotobuf libx264\n"}, "libx264"),
        ({"foo.libs/libavcodec-1.so": b"FFmpeg version 8.1\0libavcodec license: GPL version 2 or later"}, "FFmpeg"),
        (
            {"a.libs/libcrypto-1.so": b"OpenSSL 1.1.1k  x", "a.libs/libssl-1.so": b"OpenSSL 1.1.1w  x"},
            "1.1.1k and 1.1.1w",
        ),
    ],
)
def test_what_stands_in_no_table_ends_the_build(tmp_path: Path, files: dict[str, bytes], told: str) -> None:
    packages = installed(a_package(tmp_path, "foo", files))
    with pytest.raises(UnknownPartError, match=told):
        bundled(tmp_path, owners(packages))


def test_terms_that_are_not_allowed_end_the_build(tmp_path: Path) -> None:
    with pytest.raises(UnknownPartError, match=r"GPL-3\.0-only"):
        sbom(a_package(tmp_path, "foo", {}, "GPL-3.0-only"), "1", {}, None)


def test_the_script_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    told = [sys.executable, ROOT / "packaging/write_sbom.py", tmp_path, "--version", "1", "--out", tmp_path / "x.json"]
    done = subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"write_sbom: {tmp_path}: no package is installed here\n"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-2.0-only", True),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", True),
        ("MIT AND GPL-2.0-or-later", False),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only OR GPL-2.0-only", False),
        ("", False),
    ],
)
def test_which_terms_may_be_shipped(licence: str, allowed: bool) -> None:
    assert may_be_shipped(licence) is allowed
