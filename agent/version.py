"""Defines the version for `--version` and the reports. A test holds it equal to the one in `pyproject.toml`.

It stands here because reading it from the installed metadata costs a short command a third of its time.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
