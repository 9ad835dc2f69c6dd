"""The Uniview driver: LAPI, as far as its answers are confirmed."""
