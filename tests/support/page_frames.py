"""What a page does until it has drawn what was done to it: for tests that look or point at it then."""

from __future__ import annotations

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))))"
"""Waits for two frames, so that what was done has moved all that it moves."""
