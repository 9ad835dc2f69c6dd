"""Sends pictures to the worker to be judged, and remembers the verdicts."""
