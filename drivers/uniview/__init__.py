"""Reads Uniview devices over LAPI, as far as its answers are confirmed."""
