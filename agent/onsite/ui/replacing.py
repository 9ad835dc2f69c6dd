"""Replaces site.toml by a reviewed text: the loader accepts it, and nothing differs but what a page may change.

Zones, the word that nothing private is in view, and declarations are what a person draws and declares. Devices, logins,
the hub, every other table stay as they are, whatever a page asks for.

Source: open(2), O_NOFOLLOW; rename(2).
"""

import hashlib
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from agent.host.files import WITHOUT_WAITING, write_atomic
from agent.model.errors import os_words
from agent.onsite.ui.refusals import Changed, NotGranted
from agent.site.config.load import load_text
from agent.site.toml.document import parse_toml

TEXT_MAX_BYTES: Final = 8 * 1024 * 1024
"""As the loader takes at most."""

_FOLLOWS_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_DRAWN: Final = ("private_zone", "no_private_area")

Accept = Callable[[Path, bytes, bytes], None]


def replace_site(config: Path, text: bytes, before: str, accept: Accept) -> None:
    """Replace a site file whole, with its owner and mode, if it still is the one that was loaded.

    Args:
        config: The file itself, no symbolic link.
        text: Its new content.
        before: SHA-256, hex, of the content that the text was made from.
        accept: Raises where the text may not replace the content that is there now: `accept_drawn`.

    Raises:
        Changed: Another content is there by now.
        NotGranted: It is no file, cannot be written, or the text is too large.
        AgentError: What `accept` raised.
    """
    if len(text) > TEXT_MAX_BYTES:
        raise NotGranted("{path}: the new text is too large", path=config)
    there, _ = _read(config)
    if hashlib.sha256(there).hexdigest() != before:
        raise _changed(config)
    accept(config, there, text)
    again, status = _read(config)
    if again != there:
        raise _changed(config)
    try:
        write_atomic(config, text, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))
    except OSError as error:
        raise NotGranted("{path} cannot be written: {why}", path=config, why=os_words(error)) from None


def accept_drawn(config: Path, there: bytes, text: bytes) -> None:
    """Accept a text that the loader accepts and that differs from what is there in drawn and declared things alone.

    Raises:
        ConfigError: The loader's word, with every mistake.
        NotGranted: It changes something else.
    """
    load_text(config, text)
    if _all_else(config, there) != _all_else(config, text):
        raise NotGranted(
            "{path}: more than zones and declarations would change; edit the file itself for that", path=config
        )


def _all_else(config: Path, raw: bytes) -> Any:
    document = parse_toml(config, raw, [], holds_secrets=False)
    data: Mapping[str, Any] = document.data if document is not None else {}
    rest = {key: value for key, value in data.items() if key != "declaration"}
    if isinstance(cameras := rest.get("camera"), list):
        rest["camera"] = [_undrawn(camera) for camera in cameras]
    return rest


def _undrawn(camera: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in camera.items() if key not in _DRAWN}
    if isinstance(presets := rest.get("preset"), list):
        rest["preset"] = [{key: value for key, value in one.items() if key not in _DRAWN} for one in presets]
    return rest


def _read(config: Path) -> tuple[bytes, os.stat_result]:
    try:
        if config.is_symlink():
            raise NotGranted("{path}: is a symbolic link: start with --config and the file itself", path=config)
        with open(
            config, "rb", opener=lambda name, flags: os.open(name, flags | _FOLLOWS_NO_LINK | WITHOUT_WAITING)
        ) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise NotGranted("{path}: is not a file", path=config)
            return file.read(TEXT_MAX_BYTES + 1), status
    except OSError as error:
        raise NotGranted("{path}: cannot be read: {why}", path=config, why=os_words(error)) from None


def _changed(config: Path) -> Changed:
    return Changed("site.toml was changed meanwhile: load it anew")
