"""Builds the files of a site from what a person confirmed, and edits them as its logins are settled. Pure.

They hold all answers so far, so that whoever was interrupted goes on from them: a login of secrets.toml whose password
is empty is still to be asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import tomli

from agent.model.finding import Json
from agent.observe.facts.facts import gather
from agent.observe.inventory.site_skeleton import OWN_STORAGE, device_id
from agent.onsite.one_look.single_address import with_channels
from agent.onsite.start.groups import UNKNOWN_DRIVER, Group
from agent.site.config.site import CameraConfig, Discovery, Site
from agent.site.config.tables import toml_text
from agent.site.toml.edit import Change, marked, merged, unmarked
from agent.text.harmless import printable
from drivers.model import Camera, Device, Observations

USER: Final = "admin"
NO_LOGIN: Final = "none"
"""The user of devices that a person has no login of: without a password it is never sent."""
NONE: Final[Mapping[str, str]] = MappingProxyType({})
_HEAD: Final = """\
# Written by camwarden start from what answered and was confirmed. Names are those that the devices call themselves.
# All options, with their comments, stand in site.toml.sample; camwarden config validate tells mistakes.
# A hub knows the site by its id: before masks are approved, write here the one that its team gave.
"""
_SECRETS_HEAD: Final = """\
# camwarden: the passwords. Mode 0600: a wider mode is refused. A login without a password is never sent.
"""


def new_site(site: Site, groups: Sequence[Group]) -> str:
    """Render a new site.toml: the devices of each group with the login of that name, and no camera yet."""
    tables: dict[str, Json] = {"site": {key: getattr(site, key) for key in ("id", "name", "city", "division")}}
    if site.discovery != Discovery():
        tables["discovery"] = {key: list(getattr(site.discovery, key)) for key in ("interfaces", "addresses", "ranges")}
    taken: set[str] = set()
    devices: list[Json] = []
    for group in groups:
        for box in group.boxes:
            taken.add(id_ := device_id(box.name, box.host, taken))
            tls: dict[str, Json] = {"tls": True} if box.tls else {}
            place: dict[str, Json] = {"id": id_, "host": box.host, "port": box.port, **tls}
            devices.append({**place, "driver": box.driver or UNKNOWN_DRIVER, "credential": group.name})
    return marked(f"{_HEAD}\n{toml_text({**tables, 'device': devices})}{OWN_STORAGE}")


def new_secrets(groups: Iterable[Group]) -> str:
    """Render a new secrets.toml: a login of each group, whose user and password are still to be asked for."""
    tables = (f'\n[credential.{group.name}]\nuser = "{USER}"\npassword = ""\n' for group in groups)
    return _SECRETS_HEAD + "".join(tables)


def holds_password(secrets: str) -> bool:
    """Return whether a secrets.toml must not be replaced: it holds a password, or is not understood."""
    try:
        logins = tomli.loads(secrets).get("credential", {}).values()
        return any(one["password"] for one in logins)
    except (tomli.TOMLDecodeError, AttributeError, KeyError, TypeError):
        return True


def with_login(secrets: str, name: str, user: str, password: str) -> str:
    """Return a secrets.toml with the user and password of one of its logins.

    Raises:
        CannotMerge: A person wrote it in a form of which no single line can be changed.
    """
    rows = {"user": user, "password": password}
    where = ("credential", name)
    return merged(secrets, [Change((*where, key), f"login {name}", key, "", value) for key, value in rows.items()])


def unsettled(site: Site) -> dict[str, tuple[Device, ...]]:
    """Return the devices of each login that has no password yet, by its name, in the order of the file."""
    found: dict[str, tuple[Device, ...]] = {}
    for device in site.devices:
        login = device.credential
        if login is not None and not login.password and login.user != NO_LOGIN:
            found[login.name] = (*found.get(login.name, ()), device)
    return found


def new_cameras(site: Site, told: Mapping[str, Observations]) -> tuple[dict[str, Json], ...]:
    """Return a table for each channel that a device of the site named and no camera of the site is of.

    `told` has what the devices gave, by id; one without any channel is not in the result.
    """
    known = {(one.camera.device, one.camera.channel) for one in site.cameras}
    taken = {one.camera.id for one in site.cameras}
    found: list[dict[str, Json]] = []
    for device in site.devices:
        if device.id not in told:
            continue
        part = replace(site, devices=(device,), cameras=(CameraConfig(Camera(device.id, device.id)),))
        cameras = with_channels(part, gather(told[device.id])).cameras
        for one in cameras:
            if (device.id, one.camera.channel) in known:
                continue
            id_ = device.id if len(cameras) == 1 else f"{device.id}-{one.camera.channel}"
            taken.add(id_ := device_id(id_, device.host, taken))
            name: dict[str, Json] = {"name": printable(one.camera.name)} if one.camera.name else {}
            kept: dict[str, Json] = {"recorded": True} if one.recorded else {}
            found.append({"id": id_, "device": device.id, "channel": one.camera.channel, **name, **kept})
    return tuple(found)


def own_login(group: str, device: str) -> str:
    """Return the name of the login of a device that does not take that of its group."""
    return f"{group}-{device}".replace(".", "-")


def with_listed(
    text: str,
    site: Site,
    cameras: Sequence[Mapping[str, Json]],
    drivers: Mapping[str, str] = NONE,
    logins: Mapping[str, str] = NONE,
) -> str:
    """Return a site.toml with more cameras at its end, and by id other drivers and logins of its devices.

    Raises:
        CannotMerge: A person wrote it in a form of which no single line can be changed.
    """
    rows = [
        Change(("device", number, key), f"device:{one.id}", key, "", wanted[one.id])
        for number, one in enumerate(site.devices)
        for key, wanted, known in (
            ("driver", drivers, one.driver), ("credential", logins, one.credential.name if one.credential else ""),
        )
        if wanted.get(one.id, known) != known
    ]  # fmt: skip
    rows += [
        Change(("camera", len(site.cameras) + number), f"camera:{one['id']}", "camera", None, one)
        for number, one in enumerate(cameras)
    ]
    if not rows:
        return text
    body, ours = unmarked(text)
    return marked(merged(body, rows)) if ours else merged(body, rows)
