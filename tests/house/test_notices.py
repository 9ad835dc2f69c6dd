"""Whoever gets camwarden gets the terms of everything in it, and none of it is under the GPL."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from bundled import UnknownPartError, bundled
from installed import installed, may_be_shipped, owners
from library_table import INSIDE, LIBRARIES, SHARED
from shipped_site import a_package, link_shipped, shipped_names
from write_notices import OWN_TEXTS, notices

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return link_shipped(tmp_path_factory.mktemp("shipped") / "site")


@pytest.fixture(scope="module")
def text(site: Path) -> str:
    return notices(site)


def test_every_shipped_package_is_named_with_its_terms_and_their_text(site: Path, text: str) -> None:
    lines = text.splitlines()
    for package in installed(site):
        assert f"{package.name} {metadata.version(package.name)}: {package.licence}" in lines
        assert f"{package.name} {package.version}" in lines, "the heading above its texts"
        for name in package.texts:
            assert (site / name).read_text("utf-8", "replace").rstrip() in text
    assert len(installed(site)) == len(shipped_names())


def test_nothing_shipped_is_under_the_gpl(site: Path) -> None:
    """GCC's runtime is, with the exception that lets it be shipped with anything; FFmpeg says LGPL of itself."""
    packages = installed(site)
    libraries = bundled(site, owners(packages))
    terms = {package.name: package.licence for package in packages}
    terms |= {one.library.name: one.library.licence for one in libraries}
    assert all(may_be_shipped(licence) for licence in terms.values()), terms
    gpl = {name: licence for name, licence in terms.items() if "GPL" in licence and "LGPL" not in licence}
    assert gpl == {"libgfortran": "GPL-3.0-or-later WITH GCC-exception-3.1"}
    assert terms["FFmpeg"] == "LGPL-2.1-or-later"


def test_lgpl_libraries_are_named_with_what_may_be_done(text: str) -> None:
    head, _, rest = text.partition("What is shipped")
    for library in LIBRARIES:
        if library.licence.startswith("LGPL"):
            assert library.name in head
    assert "replace" in head and "ffmpeg.org" in head
    assert "GNU LESSER GENERAL PUBLIC LICENSE\n                       Version 2.1" in rest


def test_libraries_inside_wheels_are_listed_with_their_files(text: str) -> None:
    listed = text.partition("C and C++ libraries inside")[2].partition("=====")[0]
    assert "\nOpenSSL 1.1.1" in listed and "FFmpeg 8" in listed
    assert "opencv_python_headless.libs/libavcodec" in listed


def test_texts_of_our_own_belong_to_a_row_each() -> None:
    assert {path.stem for path in OWN_TEXTS.iterdir()} == {row.name for row in LIBRARIES if row.terms == "own"}
    assert all("Copyright" in path.read_text("utf-8") for path in OWN_TEXTS.iterdir())
    assert LIBRARIES == SHARED + INSIDE


def test_a_package_without_a_text_of_its_terms_ends_the_build(tmp_path: Path) -> None:
    folder = a_package(tmp_path, "foo", {})
    assert "foo 1.0: MIT" in notices(folder)
    (folder / "foo-1.0.dist-info/licenses/LICENSE").unlink()
    with pytest.raises(UnknownPartError, match="foo: brings no text"):
        notices(folder)


@pytest.mark.parametrize(
    ("files", "licence", "told"),
    [
        ({}, "GPL-2.0-or-later", "foo: GPL-2.0-or-later is not among"),
        ({"foo.libs/libpng16-1.so": b"libpng version 1.6.58"}, "MIT", "libpng: no package brings the text"),
    ],
)
def test_terms_that_nobody_may_or_can_hand_on_end_the_build(
    tmp_path: Path, files: dict[str, bytes], licence: str, told: str
) -> None:
    with pytest.raises(UnknownPartError, match=told):
        notices(a_package(tmp_path, "foo", files, licence))


def test_words_in_place_of_spdx_need_somebody_who_has_read_them(tmp_path: Path) -> None:
    folder = a_package(tmp_path, "foo", {})
    said = folder / "foo-1.0.dist-info/METADATA"
    said.write_text(
        "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nClassifier: License :: OSI Approved :: BSD License\n"
    )
    with pytest.raises(UnknownPartError, match=r"foo 1\.0: its terms are not known"):
        installed(folder)
    said.write_text(
        "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nClassifier: License :: OSI Approved :: MIT License\n"
    )
    assert [package.licence for package in installed(folder)] == ["MIT"]


def test_the_script_writes_the_file_or_says_in_one_line_why_not(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    folder = a_package(tmp_path / "good", "foo", {})
    told = [sys.executable, ROOT / "packaging/write_notices.py", "--out", tmp_path / "NOTICES"]
    assert subprocess.run([*told, folder], timeout=60, check=False).returncode == 0
    assert (tmp_path / "NOTICES").read_text("utf-8") == notices(folder)
    (tmp_path / "empty").mkdir()
    done = subprocess.run([*told, tmp_path / "empty"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, f"write_notices: {tmp_path}/empty: no package is installed here\n")
