"""A folder of exactly what is shipped, made of links into the environment that runs the tests."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SHIPPED_EXTRAS = ("pkcs11", "ui", "hub")


def shipped_names() -> set[str]:
    """Return what camwarden needs at run time and what these need in turn, by the metadata of the packages."""
    todo = ["camwarden"]
    found: set[str] = set()
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in found:
            found.add(name)
            extras = SHIPPED_EXTRAS if name == "camwarden" else ("",)
            needs = [Requirement(text) for text in metadata.distribution(name).requires or ()]
            todo += [
                need.name
                for need in needs
                if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
            ]
    return found - {"camwarden"}


def link_shipped(folder: Path) -> Path:
    """Make the folder: the top of each shipped package is a link to where it is installed."""
    folder.mkdir()
    for name in shipped_names():
        one = metadata.distribution(name)
        # What lies outside the folder of packages (../../../bin) is not shipped.
        tops = {file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            target = Path(str(one.locate_file(top)))
            if not (folder / top).exists():
                (folder / top).symlink_to(target)
    return folder


def a_package(folder: Path, name: str, files: dict[str, bytes], licence: str = "MIT") -> Path:
    """Lay out an installed package by hand."""
    info = f"{name}-1.0.dist-info"
    said = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n"
    files = {
        f"{info}/METADATA": said.encode(),
        f"{info}/licenses/LICENSE": b"terms",
        **files,
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"]).encode()
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content)
    return folder
