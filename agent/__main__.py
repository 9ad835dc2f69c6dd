"""Runs the command line for `python -m agent`, the same as the command `camwarden`."""

from __future__ import annotations

import sys

from agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
