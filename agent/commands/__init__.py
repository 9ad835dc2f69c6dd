"""One file per command: `add_arguments(parser)` and `run(args)`; `agent/cli.py` holds the table."""
