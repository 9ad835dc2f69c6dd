"""Discovery joined with the configuration: what is unknown is named once, whatever addresses it gives."""

from __future__ import annotations

from sites import camera, site

from agent.inventory import undeclared_addresses
from drivers.discovery import Discovered


def found(address: str, *xaddrs: str) -> Discovered:
    return Discovered(address=address, xaddrs=xaddrs, scopes=(), endpoint=f"urn:uuid:{address}")


def test_a_configured_device_is_not_undeclared() -> None:
    assert undeclared_addresses(site(camera()), (found("192.0.2.1", "http://192.0.2.1/onvif/device_service"),)) == ()


def test_a_recorder_with_several_addresses_is_one_device() -> None:
    device = found("192.0.2.1", "http://10.0.0.9/onvif", "http://192.0.2.1:80/onvif")
    assert undeclared_addresses(site(camera()), (device,)) == ()


def test_an_unknown_device_is_named_by_its_service_address() -> None:
    assert undeclared_addresses(site(camera()), (found("192.0.2.7", "https://192.0.2.7/onvif"),)) == ("192.0.2.7:443",)


def test_nonsense_for_an_address_is_still_one_undeclared_device() -> None:
    assert undeclared_addresses(site(camera()), (found("192.0.2.7", "http://[::bad:99999"),)) == ("unreadable address",)
