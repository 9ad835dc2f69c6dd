"""WSDL documents, each parsed once per process, and onvif-zeep's service objects on top of them.

The only module that imports `onvif`. Parsing a WSDL costs some 100 ms and several MB, so that the zeep Document is
shared by all devices and a Client, which holds the login and the transport, is made per device. What is sent and
whether an answer may be decoded is decided in `soap.py`.
"""

from __future__ import annotations

import logging
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import zeep
from zeep.wsdl import Document

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

_FILES = {
    DEVICE: ("devicemgmt.wsdl", "DeviceBinding"),
    MEDIA1: ("media.wsdl", "MediaBinding"),
    MEDIA2: ("media2.wsdl", "Media2Binding"),
    SEARCH: ("search.wsdl", "SearchBinding"),
    REPLAY: ("replay.wsdl", "ReplayBinding"),
}
_OWN = Path(__file__).with_name("media2.wsdl")

# Real devices mix namespaces; what must be strict is checked on the raw bytes before zeep sees them.
SETTINGS = zeep.Settings(strict=False, xml_huge_tree=False, forbid_dtd=True)

_LOCK = threading.Lock()
_DOCUMENTS: dict[str, Document] = {}


def service(namespace: str, path: str, adapter: Any) -> tuple[Any, zeep.Client]:
    """Make the service of `namespace` for one device: onvif-zeep's object, and the zeep Client that holds its login.

    `adapter` carries the requests (zeep's transport interface).
    """
    file, binding = _FILES[namespace]
    client = zeep.Client(document(namespace), transport=adapter, settings=SETTINGS)
    wsdl = _OWN if namespace == MEDIA2 else wsdl_directory() / file
    made = onvif.ONVIFService(path, "", "", str(wsdl), zeep_client=client, binding_name=f"{{{namespace}}}{binding}")
    return made, client


def document(namespace: str) -> Document:
    """Return the parsed WSDL of a service, from the second time on without any work."""
    with _LOCK:
        if namespace not in _DOCUMENTS:
            file, _ = _FILES[namespace]
            path = wsdl_directory() / file
            # The base makes our own file's include of onvif.xsd find the one that onvif-zeep ships.
            with (_OWN if namespace == MEDIA2 else path).open("rb") as opened:
                _DOCUMENTS[namespace] = Document(opened, zeep.Transport(), base=str(path), settings=SETTINGS)
        return _DOCUMENTS[namespace]


def wsdl_directory() -> Path:
    """Return the folder of WSDLs that onvif-zeep installs beside its package, or wherever its record says.

    Raises:
        FileNotFoundError: The installation lacks them.
    """
    beside = Path(onvif.__file__).resolve().parent.parent / "wsdl"
    if (beside / "devicemgmt.wsdl").is_file():
        return beside
    for entry in metadata.files("onvif-zeep") or ():
        if entry.name == "devicemgmt.wsdl":
            return Path(str(entry.locate())).resolve().parent
    raise FileNotFoundError("the WSDL files of onvif-zeep are not installed")
