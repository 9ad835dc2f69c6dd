"""Has pictures judged by the worker, and remembers the verdicts."""
