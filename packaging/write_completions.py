"""Write the completions of bash, zsh and fish into `packaging/completions/`, from the parser itself.

Run it (`make generated`) after a change of a command or option; the files are kept, and a test holds them equal to
the parser. Names of commands, options and their choices come from shtab. Added here: where a file or folder is meant,
and the ids of cameras and devices, which are read out of the site's file where the user may read it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import shtab

from agent.cli import add_common, full_parser
from agent.host.paths import CONFIG
from agent.text.called import HUB
from agent.text.cli_words import arguments, commands, every_argument

FOLDER: Final = Path(__file__).resolve().parent / "completions"

FILES: Final = {"bash": "{}.bash", "zsh": "_{}", "fish": "{}.fish"}
"""What each shell's file of a program is called where the shell looks for it (bash: without the ending)."""

IDS: Final = r"""_camwarden_ids() {
  awk -v table="[[$1]]" '
    /^[[:space:]]*\[/ { inside = ($1 == table) }
    inside && $1 == "id" && split($0, part, "\"") > 2 && part[2] ~ /^[0-9A-Za-z._-]+$/ { print part[2] }
  ' FILE 2>/dev/null
}
""".replace("FILE", str(CONFIG))
"""Only what is an id is passed on: what completes is taken as shell text by bash."""

PREAMBLES: Final = {
    "bash": IDS
    + r"""_camwarden_cameras() { compgen -W "$(_camwarden_ids camera)" -- "$1"; }
_camwarden_devices() { compgen -W "$(_camwarden_ids device)" -- "$1"; }
""",
    "zsh": IDS
    + r"""_camwarden_cameras() { compadd -- ${(f)"$(_camwarden_ids camera)"} }
_camwarden_devices() { compadd -- ${(f)"$(_camwarden_ids device)"} }
""",
    "fish": r"""function _camwarden_ids
  awk -v table="[[$argv]]" '
    /^[[:space:]]*\[/ { inside = ($1 == table) }
    inside && $1 == "id" && split($0, part, "\"") > 2 && part[2] ~ /^[0-9A-Za-z._-]+$/ { print part[2] }
  ' FILE 2>/dev/null
end
""".replace("FILE", str(CONFIG)),
}

CAMERAS: Final = {"bash": "_camwarden_cameras", "zsh": "_camwarden_cameras", "fish": "(_camwarden_ids camera)"}
DEVICES: Final = {"bash": "_camwarden_devices", "zsh": "_camwarden_devices", "fish": "(_camwarden_ids device)"}


def completions() -> dict[str, str]:
    """Return the text of each shell's file of both programs, by the file's name."""
    parser = full_parser()
    hub = next(one.parser for one in commands(full_parser()) if one.name == "hub")
    _name(hub, hub.prog, HUB)
    return {**_of_program(parser), **_of_program(hub)}


def _name(parser: argparse.ArgumentParser, before: str, now: str) -> None:
    """Let a command and its own commands be called otherwise."""
    parser.prog = now + parser.prog.removeprefix(before)
    for command in commands(parser):
        _name(command.parser, before, now)


def _of_program(parser: argparse.ArgumentParser) -> dict[str, str]:
    _spread(parser)
    for action in every_argument(parser):
        meant = _meant(action)
        if meant is not None:
            action.complete = meant  # type: ignore[attr-defined]
    return {
        name.format(parser.prog): shtab.complete(parser, shell, preamble=PREAMBLES).replace("\t", "    ").rstrip()
        + "\n"
        for shell, name in FILES.items()
    }


def _spread(parser: argparse.ArgumentParser) -> None:
    """Let every action take the common flags too: they may stand anywhere on the command line."""
    if not any("--config" in action.option_strings for action in arguments(parser)):
        add_common(parser)
    for command in commands(parser):
        _spread(command.parser)


def _meant(action: argparse.Action) -> Any:
    """Return what an argument takes, by its name: cameras, devices, folders, files; None: nothing that is known."""
    if "--camera" in action.option_strings or "--cameras" in action.option_strings:
        return CAMERAS
    if action.metavar == "DEVICE":
        return DEVICES
    if action.metavar == "DIR":
        return shtab.DIRECTORY
    return shtab.FILE if action.type is Path or action.metavar == "FILE" else None


def main() -> None:
    """Write every file."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in completions().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
