"""Lists the statuses of a finding that is open, worst first. Imports nothing, for the options of every command."""

from typing import Final

OPEN: Final = ("fail", "warn", "unknown")
