"""Selects, among the pictures that metadata brings or names, which are looked at. Pure.

A picture of the whole scene is one more way on which the camera's picture leaves. One of a single object is cut out of
it, and can be compared with nothing. An address counts on the device's own host and port alone: any other host is
counted, and never contacted.

Source: ONVIF metadatastream.xsd: pictures of an object (Appearance: Image, ImageRef) and of the whole scene (Frame:
SceneImage, SceneImageRef), embedded as base64 or by address; items of an event that hold either.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from drivers.address import HostAddress
from drivers.errors import Malformed
from drivers.http.xml_answer import name_of
from drivers.picture import ObjectsTold

_ADDRESSES = frozenset({"imageref", "imageuri", "sceneimageref", "snapshoturi"})
_EMBEDDED = frozenset({"image", "sceneimage"})
"""Names, in small letters, of elements that hold a picture or its address, and of an event's items that do."""

_JPEG = b"\xff\xd8\xff"

Locate = Callable[[str], HostAddress | None]
"""Finds where an address lies on the device; None: elsewhere. Raises Malformed."""


@dataclass(frozen=True, slots=True)
class Listened:
    """What listening to a stream's metadata gave: what was told, and of the pictures the newest of each kind.

    `scene`: a JPEG, empty for none; `damaged`: pictures were embedded, and none of them was a JPEG. `address`: of an
    event's picture on the device itself.
    """

    told: ObjectsTold
    scene: bytes = field(default=b"", repr=False)
    damaged: bool = False
    address: HostAddress | None = None


class Offers:
    """What pictures were offered so far: how many of which kind, and the newest of those that can be looked at."""

    def __init__(self, locate: Locate) -> None:
        self.count = self.crops = self.elsewhere = 0
        self.scene = b""
        self.damaged = False
        self.address: HostAddress | None = None
        self._locate = locate

    def add(self, element: etree._Element) -> None:
        """Count an element that holds a picture or its address, and keep the newest; any other is none."""
        is_item = name_of(element) == "SimpleItem"
        name = (element.get("Name", "") if is_item else name_of(element)).lower()
        text = (element.get("Value", "") if is_item else element.text) or ""
        if name not in _ADDRESSES | _EMBEDDED:
            return
        self.count += 1
        if not is_item and name in ("image", "imageref"):
            self.crops += 1
        elif name in _EMBEDDED:
            data = _decoded(text)
            self.scene = data or self.scene
            self.damaged = not self.scene
        else:
            self._add_address(text)

    def _add_address(self, text: str) -> None:
        try:
            where = self._locate(text)
        except Malformed:
            where = None
        self.address = where or self.address
        self.elsewhere += where is None


def _decoded(text: str) -> bytes:
    """Return the JPEG that base64 holds; empty where it holds none."""
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if data.startswith(_JPEG) else b""
