"""What is left of ONVIF's documents: every operation that the driver asks, as it was, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import zeep
from lxml import etree
from zeep.wsdl import Document

from drivers.discovery.detect_protocol import ASKS as SPEAKS_ASKS
from drivers.http.factory_try import ASKS as FACTORY_ASKS
from drivers.onvif import documents
from drivers.onvif.asks import ASKS
from drivers.onvif.reached import reduce

FILES = {
    "devicemgmt.wsdl": (documents.DEVICE, ""),
    "storage.wsdl": (documents.DEVICE, "GetStorageConfigurations"),
    "media.wsdl": (documents.MEDIA1, ""),
    "media2.wsdl": (documents.MEDIA2, ""),
    "recording.wsdl": (documents.RECORDING, ""),
    "search.wsdl": (documents.SEARCH, ""),
    "replay.wsdl": (documents.REPLAY, ""),
    "security.wsdl": (documents.SECURITY, ""),
}
"""Each document, and what to ask for to get it."""

PREFIX = re.compile(r"\bns\d+:")
"""zeep numbers namespaces in the order in which it meets them."""

ASKED = {ask.operation for ask in ASKS}


def operations(document: Document) -> dict[str, object]:
    return {name: one for binding in document.bindings.values() for name, one in binding._operations.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    """The same documents as zeep reads them when nothing is left out of them."""
    folder = tmp_path_factory.mktemp("whole")
    beside = Path(documents.__file__).parent
    for place in (*documents.wsdl_directory().iterdir(), *beside.glob("*.wsdl")):
        (folder / place.name).write_bytes(place.read_bytes())
    return {file: Document(str(folder / file), zeep.Transport(), settings=documents.SETTINGS) for file in FILES}


def test_every_operation_that_is_asked_is_there_and_no_other() -> None:
    there = {name for namespace, asked in FILES.values() for name in operations(documents.document(namespace, asked))}
    assert there == ASKED
    assert all(name.startswith(("Get", "Find", "EndSearch")) for name in there)


def test_what_other_parts_ask_by_onvif_is_asked_by_the_driver_as_well() -> None:
    others = {ask.operation for ask in (*FACTORY_ASKS, *SPEAKS_ASKS) if ask.protocol == "onvif"}
    assert others and others <= ASKED


def test_an_operation_that_changes_a_device_cannot_be_written(whole: dict[str, Document]) -> None:
    namespace = documents.DEVICE
    assert "SetSystemFactoryDefault" in operations(whole["devicemgmt.wsdl"])
    assert "SetSystemFactoryDefault" not in operations(documents.document(namespace))
    with pytest.raises(zeep.exceptions.LookupError):
        documents.document(namespace).types.get_element(f"{{{namespace}}}SetSystemFactoryDefault")


def signatures(document: Document, type_: object, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Name each type that a type consists of, however deep, with zeep's words for what it looks like."""
    if id(type_) in seen:
        return
    seen.add(id(type_))
    yield str(getattr(type_, "qname", None)), PREFIX.sub("", type_.signature(schema=document.types, standalone=False))  # type: ignore[attr-defined]
    for _, part in [*getattr(type_, "elements", ()), *getattr(type_, "attributes", ())]:
        if getattr(part, "type", None) is not None:
            yield from signatures(document, part.type, seen)


@pytest.mark.parametrize("file", FILES)
def test_what_is_asked_and_answered_looks_as_in_the_whole_document(file: str, whole: dict[str, Document]) -> None:
    ours, theirs = documents.document(*FILES[file]), whole[file]
    count = 0
    for name, operation in operations(ours).items():
        other = operations(theirs)[name]
        assert operation.soapaction == other.soapaction  # type: ignore[attr-defined]
        for side in ("input", "output"):
            mine, reference = getattr(operation, side).body, getattr(other, side).body
            assert mine.qname == reference.qname
            told = list(signatures(ours, mine.type, set()))
            assert told == list(signatures(theirs, reference.type, set()))
            count += len(told)
    assert count >= 2


SCHEMA = b"""<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
  <x:annotation><x:documentation>words</x:documentation></x:annotation>
  <x:element name="Ask" type="t:Asked"/>
  <x:complexType name="Asked">
    <x:complexContent>
      <x:extension base="t:Base">
        <x:sequence><x:element ref="t:Part"/></x:sequence>
        <x:attributeGroup ref="t:Marks"/>
      </x:extension>
    </x:complexContent>
  </x:complexType>
  <x:complexType name="Base"><x:sequence><x:element name="again" type="t:Asked"/></x:sequence></x:complexType>
  <x:element name="Part" type="t:Kinds"/>
  <x:attributeGroup name="Marks"><x:attribute name="m" type="t:One"/></x:attributeGroup>
  <x:simpleType name="Kinds"><x:union memberTypes="t:One t:Two"/></x:simpleType>
  <x:simpleType name="One"><x:list itemType="t:Three"/></x:simpleType>
  <x:simpleType name="Two"/>
  <x:simpleType name="Three"/>
  <x:element name="Other" type="t:Alone"/>
  <x:complexType name="Alone"/>
</x:schema>"""

WSDL = b"""<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:x="http://www.w3.org/2001/XMLSchema"
    xmlns:t="urn:t" targetNamespace="urn:w">
  <w:types>
    <x:schema targetNamespace="urn:w">
      <x:import namespace="urn:t" schemaLocation="./types.xsd"/>
      <x:import namespace="urn:x" schemaLocation="http://192.0.2.1/x.xsd"/>
    </x:schema>
  </w:types>
  <w:message name="Ask"><w:part name="p" element="t:Ask"/></w:message>
  <w:message name="Other"><w:part name="p" element="t:Other"/></w:message>
  <w:portType name="P">
    <w:operation name="Ask"><w:input message="t:Ask"/></w:operation>
    <w:operation name="Other"><w:input message="t:Other"/></w:operation>
  </w:portType>
  <w:binding name="B"><w:operation name="Ask"/><w:operation name="Other"/></w:binding>
</w:definitions>"""


def test_types_are_followed_through_bases_groups_unions_and_lists_and_circles_end() -> None:
    files = {"a.wsdl": WSDL, "types.xsd": SCHEMA}
    found = {
        name: etree.fromstring(text) for name, text in reduce(["a.wsdl"], frozenset({"Ask"}), files.__getitem__).items()
    }
    assert set(found) == set(files), "another host's document is not looked for"
    named = [node.get("name") for node in found["types.xsd"]]
    assert named == ["Ask", "Asked", "Base", "Part", "Marks", "Kinds", "One", "Two", "Three"]
    assert [node.get("name") for node in found["a.wsdl"].iter("{*}operation", "{*}message")] == ["Ask", "Ask", "Ask"]
    assert b"words" not in etree.tostring(found["types.xsd"])


def test_without_an_operation_nothing_is_left() -> None:
    files = {"a.wsdl": WSDL, "types.xsd": SCHEMA}
    found = reduce(["a.wsdl"], frozenset(), files.__getitem__)
    assert len(etree.fromstring(found["types.xsd"])) == 0 and b"operation" not in found["a.wsdl"]
