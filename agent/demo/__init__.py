"""Simulates a site: devices, streams, recordings and a broker on loopback, for `camwarden demo` and for tests."""
