"""Stop set-up with one clear line when the interpreter is too old or cannot make virtual environments."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is run by the interpreter that may be too old
    version = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"camwarden needs Python 3.11 or newer, and {sys.executable} is {version}: try make PYTHON=python3.11")
try:
    import ensurepip  # noqa: F401
except ImportError:
    sys.exit(f"{sys.executable} cannot create virtual environments: apt install python3-venv")
