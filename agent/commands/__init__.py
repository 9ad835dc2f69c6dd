"""Holds one file per command: `add_arguments(parser)` and `run(args)`; `agent/cli.py` has the table."""
