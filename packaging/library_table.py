"""Says which C libraries wheels carry, where, and on which terms: `SHARED` and `INSIDE`; `bundled.py` finds them.

A new row wants its terms told: words that stand in a text that a wheel brings, or a text of its own in `licences/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CV2_MODULE: Final = "cv2/cv2*.so"
_CV2: Final = (CV2_MODULE,)
_ETREE: Final = ("lxml/etree*.so",)
_GCC_EXCEPTION: Final = "The exception lets programs under any terms be shipped with GCC's runtime libraries."


@dataclass(frozen=True, slots=True)
class Library:
    """One library that wheels carry.

    Args:
        name: as its makers write it.
        licence: SPDX expression of what is shipped.
        files: patterns of the paths it lies in, from the folder of packages; static libraries lie in a module.
        version: what a binary says of it; group 1 is the version, empty where it tells none.
        terms: words that stand in its licence text, wherever the wheels carry it; or `own`, then the text is
            `packaging/licences/NAME.txt`.
        cpe: vendor and product in the national vulnerability database, where it is known there.
        packed: the version is one number, such as 21406 for 2.14.6.
        symbol: of the number that is the version, one byte each for major and minor, where no words tell it.
        says: what one of its binaries must say of its terms.
        rpm: its package of Red Hat's family, where a wheel says that it took it from one.
        note: what an operator should know: end of life, what it is used for.
    """

    name: str
    licence: str
    files: tuple[str, ...]
    version: bytes
    terms: str
    cpe: str = ""
    packed: bool = False
    symbol: str = ""
    says: bytes = b""
    rpm: str = ""
    note: str = ""


SHARED: Final = (
    Library(
        "OpenSSL",
        "OpenSSL",
        ("*.libs/libcrypto-*", "*.libs/libssl-*"),
        rb"OpenSSL (1\.\d\.\d[a-z]*) ",
        "OpenSSL License",
        cpe="openssl:openssl",
        rpm="openssl-libs",
        note="Upstream support of 1.1.1 ended on 11 September 2023; the file is a Red Hat 8 clone's, which mends it"
        " further. Only FFmpeg inside OpenCV loads it, for network streams (and, in libavutil, random numbers), which"
        " camwarden never opens with OpenCV: it lies in the memory of the process that decodes pictures, and no byte of"
        " a device reaches it.",
    ),
    Library(
        "FFmpeg",
        "LGPL-2.1-or-later",
        ("*.libs/libav[cfu]*", "*.libs/libsw*"),
        rb"FFmpeg version (\d[\w.]*)",
        "FFmpeg is redistributed",
        cpe="ffmpeg:ffmpeg",
        says=rb"libavcodec license: LGPL version 2\.1 or later",
        note="Shared libraries, replaceable by own builds of the same names. Decodes key pictures of cameras in H.264"
        " and H.265 (libavcodec), in a process that may open no file and no socket, after a reader of our own has taken"
        " the bitstream apart. Of libavformat only the readers of these two bare streams may run: no container and no"
        " network protocol. Its other decoders are in the files and are not reached.",
    ),
    Library(
        "libvpx",
        "BSD-3-Clause",
        ("*.libs/libvpx-*",),
        rb"\0v(1\.\d+\.\d+)",
        "The WebM Project",
        cpe="webmproject:libvpx",
    ),
    Library(
        "libaom", "BSD-2-Clause", ("*.libs/libaom-*",), rb"AV1 Decoder (\d[\d.]+)", "aom library", cpe="aomedia:aomedia"
    ),
    Library(
        "libavif",
        "BSD-2-Clause",
        ("*.libs/libavif-*",),
        rb"\0(\d\.\d+\.\d+)\0",
        "libavif library",
        cpe="aomedia:libavif",
    ),
    Library(
        "libpng",
        "libpng-2.0",
        ("*.libs/libpng*",),
        rb"libpng version (1\.\d+\.\d+)",
        "libpng is redistributed",
        cpe="libpng:libpng",
    ),
    Library("libdrm", "MIT", ("*.libs/libdrm-*",), rb"libdrm\.so\.[\d.]+-(\d[\d.]+)-", "own", rpm="libdrm"),
    Library(
        "OpenBLAS",
        "BSD-3-Clause",
        ("*.libs/libopenblas*", "*.libs/libscipy_openblas*"),
        rb"OpenBLAS (\d[\d.]+\d) ",
        "Name: OpenBLAS",
        rpm="openblas-threads",
    ),
    Library(
        "libgfortran",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        ("*.libs/libgfortran-*",),
        rb"libgfortran\.so\.[\d.]+-(\d[\d.]+)-",
        "Name: GCC runtime library",
        rpm="libgfortran",
        note=_GCC_EXCEPTION,
    ),
    Library(
        "libquadmath",
        "LGPL-2.1-or-later",
        ("*.libs/libquadmath-*",),
        rb"libquadmath\.so\.[\d.]+-(\d[\d.]+)-",
        "Version 2.1, February 1999",
        rpm="libquadmath",
        note="Shared library, replaceable by a build of one's own with the same name.",
    ),
)
"""Libraries that are files of their own."""

INSIDE: Final = (
    Library(
        "OpenSSL",
        "Apache-2.0",
        ("cryptography/*/_rust*.so",),
        rb"OpenSSL ([3-9]\.\d+\.\d+)",
        "Apache License",
        cpe="openssl:openssl",
        note="Signs reports and checks certificates. TLS connections use the operating system's OpenSSL instead.",
    ),
    Library(
        "libgfortran",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        ("*.libs/libscipy_openblas*",),
        rb"gfortran_compat\.c()",
        "Name: GCC runtime library",
        note=_GCC_EXCEPTION,
    ),
    Library(
        "OpenCV", "Apache-2.0", _CV2, rb"configuration for OpenCV (\d[\d.]+\d)", "Apache License", cpe="opencv:opencv"
    ),
    Library(
        "libjpeg-turbo",
        "IJG AND BSD-3-Clause AND Zlib",
        _CV2,
        rb"JPEG: +\S*jpeg-turbo \(ver (\d[\d.]+\d)",
        "Libjpeg-turbo is redistributed",
        cpe="libjpeg-turbo:libjpeg-turbo",
        note="Decodes the pictures of cameras, in a process that may open no file and no socket.",
    ),
    Library(
        "libwebp",
        "BSD-3-Clause",
        _CV2,
        rb"WEBP: +build \(()",
        "libwebp and libwebpmux are redistributed",
        cpe="webmproject:libwebp",
        note="The binary tells the version of its interface only.",
    ),
    Library(
        "LibTIFF", "libtiff", _CV2, rb"TIFF: +build \(ver 42 - (\d[\d.]+)\)", "TIFF library", cpe="libtiff:libtiff"
    ),
    Library(
        "OpenJPEG",
        "BSD-2-Clause",
        _CV2,
        rb"JPEG 2000: +build \(ver (\d[\d.]+)\)",
        "OpenJPEG library",
        cpe="uclouvain:openjpeg",
    ),
    Library(
        "Protocol Buffers",
        "BSD-3-Clause",
        _CV2,
        rb"Protobuf: +build \((\d[\d.]+)\)",
        "Protobuf library",
        cpe="google:protobuf-cpp",
        note="No longer supported upstream. Reads models of neural networks, which camwarden never loads.",
    ),
    Library(
        "FlatBuffers", "Apache-2.0", _CV2, rb"Flatbuffers: +builtin/3rdparty \((\d[\d.]+)\)", "Flatbuffers library"
    ),
    Library("MLAS", "MIT", _CV2, rb"DNN MLAS: +YES \(()", "MLAS library"),
    Library(
        "Intel IPP ICV",
        "LicenseRef-Intel-Simplified-2022",
        _CV2,
        rb"Intel IPP: +(\d[\d.]+)",
        "Intel(R) IPP ICV library",
    ),
    Library(
        "ITT API",
        "BSD-3-Clause",
        _CV2,
        rb"Intel ITT\((\d[\d.]+)\)",
        "own",
        note="Offered under GPL-2.0-only too; shipped under BSD.",
    ),
    Library("KleidiCV", "Apache-2.0", _CV2, rb"KleidiCV \(ver (\d[\d.]+)\)", "Apache License"),
    Library("Carotene", "BSD-3-Clause", _CV2, rb"carotene \(ver (\d[\d.]+)\)", "own"),
    Library("libxml2", "MIT", _ETREE, rb"\0(2\d{4})\0", "**libxml2**: MIT", cpe="xmlsoft:libxml2", packed=True),
    Library("libxslt", "MIT", _ETREE, rb"\0(101\d\d)\0", "**libxslt**: MIT", cpe="xmlsoft:libxslt", packed=True),
    Library(
        "libiconv",
        "LGPL-2.1-or-later",
        _ETREE,
        rb"_libiconv_version()",
        "Version 2.1, February 1999",
        note="Inside lxml's module: lxml can be built anew with another libiconv from its published source.",
        symbol="_libiconv_version",
    ),
    Library("zlib", "Zlib", ("*.so*",), rb"deflate (\d[\d.]+) Copyright", "**zlib**: zlib-license", cpe="zlib:zlib"),
    Library(
        "Zstandard",
        "BSD-3-Clause",
        ("backports/zstd/_zstd*.so",),
        rb"\0(1\.\d\.\d)\0",
        "this package may distribute the zstd library",
        cpe="facebook:zstandard",
        note="Offered under GPL-2.0-only too; shipped under BSD. Reads and writes the hub's own database alone.",
    ),
    Library("libffi", "MIT", ("_cffi_backend*.so",), rb"ffi_call()", "own"),
)
"""Libraries that were compiled into a module or another library: they are there where their words are found."""

LIBRARIES: Final = SHARED + INSIDE

BUILT_INTO_CV2: Final = frozenset(
    (
        *("ittnotify", "libprotobuf", "libjpeg-turbo", "libwebp", "libtiff", "libopenjp2"),
        *("ipphal", "ippiw", "ippicv", "tegra_hal", "kleidicv_hal", "kleidicv", "kleidicv_thread"),
    )
)
"""What OpenCV may say it was built with ("3rdparty dependencies"); each stands in a row above."""
