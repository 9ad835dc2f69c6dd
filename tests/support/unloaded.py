"""Lets modules be loaded anew within a test, as where a library is missing, and puts those of before back behind it."""

from __future__ import annotations

import importlib
import sys

import pytest


def unload(patch: pytest.MonkeyPatch, *names: str) -> None:
    """Forget modules and packages with all below them until the end of the test.

    A module is an attribute of its package too: where only `sys.modules` is put back, a test after this one gets the
    module of this test by one way, and that of before by the other.
    """
    for name in names:
        importlib.import_module(name)  # what is there for the first time within the test would stay behind it
    packages = dict(sys.modules)
    for one in packages:
        if any(one == name or one.startswith(f"{name}.") for name in names):
            package, _, last = one.rpartition(".")
            if hasattr(packages.get(package), last):
                patch.setattr(packages[package], last, getattr(packages[package], last))
            patch.delitem(sys.modules, one)
