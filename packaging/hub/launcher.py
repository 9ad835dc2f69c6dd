#!/usr/bin/python3 -IS
"""The command camwarden-hub of our package: `camwarden hub`, with the standard library and our folder alone."""

import sys

sys.path.append("/usr/lib/camwarden-hub/site-packages")

from agent.cli import main

sys.argv.insert(1, "hub")
sys.exit(main())
