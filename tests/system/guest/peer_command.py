"""`camwarden` of the checkout with the package's libraries, for the hub: it must not change when the package does."""

import sys

from places import CHECKOUT, LIBRARIES

sys.path[:0] = [str(CHECKOUT), str(LIBRARIES)]

from agent.cli import main  # noqa: E402 - found only now

sys.exit(main())
