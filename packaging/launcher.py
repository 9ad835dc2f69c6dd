#!/usr/bin/python3 -IS
"""The command camwarden of our packages: the system's Python with nothing but its standard library and our folder."""

import sys

sys.path.append("/usr/lib/camwarden/site-packages")

from agent.cli import main

sys.exit(main())
