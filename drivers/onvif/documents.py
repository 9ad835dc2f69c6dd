"""Loads WSDL documents, each parsed once per process, and builds onvif-zeep's service objects on top of them.

The only module that imports `onvif`. Parsing a WSDL costs some 100 ms and several MB: all devices share the zeep
Document, each has its own Client with login and transport. `soap.py` decides what is sent and decoded.
"""

import logging
import threading
from functools import cache
from importlib import metadata
from io import BytesIO
from pathlib import Path
from posixpath import basename
from typing import IO, Any

import zeep
from zeep.wsdl import Document
from zeep.xsd import Schema

from drivers.onvif.asks import ASKS
from drivers.onvif.reached import reduce

# Importing onvif calls logging.basicConfig and silences zeep.client: put back what it changes.
_root = logging.getLogger()
_before = (list(_root.handlers), _root.level, logging.getLogger("zeep.client").level)
import onvif  # noqa: E402

for _handler in [one for one in _root.handlers if one not in _before[0]]:
    _root.removeHandler(_handler)
    _handler.close()
_root.setLevel(_before[1])
logging.getLogger("zeep.client").setLevel(_before[2])

DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA1 = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
RECORDING = "http://www.onvif.org/ver10/recording/wsdl"
SEARCH = "http://www.onvif.org/ver10/search/wsdl"
REPLAY = "http://www.onvif.org/ver10/replay/wsdl"
SECURITY = "http://www.onvif.org/ver10/advancedsecurity/wsdl"

_BINDINGS = {
    DEVICE: "DeviceBinding",
    MEDIA1: "MediaBinding",
    MEDIA2: "Media2Binding",
    RECORDING: "RecordingBinding",
    SEARCH: "SearchBinding",
    REPLAY: "ReplayBinding",
    SECURITY: "SecurityBinding",
}
_SHIPPED = {
    DEVICE: "devicemgmt.wsdl",
    MEDIA1: "media.wsdl",
    RECORDING: "recording.wsdl",
    SEARCH: "search.wsdl",
    REPLAY: "replay.wsdl",
}
_OWN = {MEDIA2: "media2.wsdl", SECURITY: "security.wsdl"}
_MISSING = {(DEVICE, "GetStorageConfigurations"): "storage.wsdl"}
"""Operations that the shipped WSDL of their service is too old for."""

_ASKED = frozenset(ask.operation for ask in ASKS)

# Real devices mix namespaces; what must be strict is checked on the raw bytes before zeep sees them.
SETTINGS = zeep.Settings(strict=False, xml_huge_tree=False, forbid_dtd=True)

_LOCK = threading.Lock()
_DOCUMENTS: dict[str, Document] = {}


class _Document(Document):  # type: ignore[misc]  # zeep has no types
    """A WSDL document whose types join those of the documents before it, so that onvif.xsd is parsed and stored once.

    Adding a document under the lock changes no existing entry: zeep resolves each schema document once, and looks types
    up by namespace. So devices may be decoded meanwhile.
    """

    types: Schema
    _shared: Schema | None = None

    def load(self, location: IO[bytes]) -> None:
        """Parse the document, as zeep calls it while it is made."""
        if _Document._shared is None:
            _Document._shared = self.types
        self.types = _Document._shared
        super().load(location)


def service(namespace: str, operation: str, path: str, adapter: Any) -> tuple[Any, zeep.Client]:
    """Build a namespace's service and the zeep Client with the login; `adapter` is zeep's transport interface."""
    client = zeep.Client(document(namespace, operation), transport=adapter, settings=SETTINGS)
    wsdl = str(_path_of(file_of(namespace, operation)))
    binding = f"{{{namespace}}}{_BINDINGS[namespace]}"
    return onvif.ONVIFService(path, "", "", wsdl, zeep_client=client, binding_name=binding), client


def file_of(namespace: str, operation: str = "") -> str:
    """Name the file of an operation: one of onvif-zeep's or, where it has none, one of ours."""
    return _MISSING.get((namespace, operation)) or _OWN.get(namespace) or _SHIPPED[namespace]


def document(namespace: str, operation: str = "") -> Document:
    """Return the parsed WSDL of a service, from the second time on without any work."""
    file = file_of(namespace, operation)
    with _LOCK:
        if file not in _DOCUMENTS:
            shipped = _Shipped()
            _DOCUMENTS[file] = _Document(BytesIO(shipped.load(file)), shipped, base=f"/{file}", settings=SETTINGS)
        return _DOCUMENTS[file]


def loaded() -> tuple[str, ...]:
    """Name the files that were parsed so far."""
    with _LOCK:
        return tuple(_DOCUMENTS)


class _Shipped:
    """What zeep takes for its transport while it parses: it loads the shipped files, cut to our operations."""

    @staticmethod
    def load(url: str) -> bytes:
        return _reduced()[basename(url)]


@cache
def _reduced() -> dict[str, bytes]:
    files = (*_SHIPPED.values(), *_OWN.values(), *_MISSING.values())
    return reduce(files, _ASKED, lambda file: _path_of(file).read_bytes())


def _path_of(file: str) -> Path:
    beside = Path(__file__).with_name(file)
    return beside if beside.is_file() else wsdl_directory() / file


@cache
def wsdl_directory() -> Path:
    """Return the folder of WSDLs that onvif-zeep installs, by its record. Raises FileNotFoundError."""
    beside = Path(onvif.__file__).resolve().parent.parent / "wsdl"
    if (beside / "devicemgmt.wsdl").is_file():
        return beside
    for entry in metadata.files("onvif-zeep") or ():
        if entry.name == "devicemgmt.wsdl":
            return Path(str(entry.locate())).resolve().parent
    raise FileNotFoundError("the WSDL files of onvif-zeep are not installed")
