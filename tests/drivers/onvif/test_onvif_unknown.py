"""Elements that no specification has cost no row of an ONVIF list: they are skipped, counted and kept."""

from __future__ import annotations

import pytest
from devices import http
from onvif_answers import INTERFACES, PROTOCOLS, USERS, envelope
from onvif_device import Script
from onvif_reading import CAMERAS, fact, observe, transport_to

from drivers.details import Accounts, Interfaces
from drivers.footage import Protocols
from drivers.model import Value
from drivers.onvif.read import read


@pytest.mark.parametrize("where", ["before", "behind"])
@pytest.mark.parametrize(
    ("operation", "rows", "kind"),
    [
        ("GetUsers", USERS, Accounts),
        ("GetNetworkInterfaces", INTERFACES, Interfaces),
        ("GetNetworkProtocols", PROTOCOLS, Protocols),
    ],
)
def test_an_element_that_no_specification_has_costs_no_row(
    operation: str, rows: str, kind: type[Value], where: str
) -> None:
    """It is skipped, counted, and the answer is kept, so that somebody can see what a firmware says more."""
    odd = '<v:Odd xmlns:v="urn:vendor"><v:level>3</v:level></v:Odd><tt:Odd/>'
    inner = odd + rows if where == "before" else rows + odd
    plain, script = Script(), Script()
    plain.answers[f"device {operation}"] = lambda asked: http(200, envelope(_response(operation, rows)))
    script.answers[f"device {operation}"] = lambda asked: http(200, envelope(_response(operation, inner)))
    with script.device() as served, transport_to(served) as transport:
        seen, samples = read(CAMERAS, transport), transport.samples
    assert fact(seen, "device:box", kind) == fact(observe(plain), "device:box", kind)
    assert [(one.reply.operation, one.skipped) for one in samples.kept] == [(operation, 2)]
    assert "2 elements of unknown names skipped: Odd" in samples.kept[0].why


def _response(operation: str, inner: str) -> str:
    return f"<tds:{operation}Response>{inner}</tds:{operation}Response>"
