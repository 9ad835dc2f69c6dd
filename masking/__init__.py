"""Is what must be hidden hidden? Geometry, verdicts on pictures, and the locked-down worker. See README.md."""
