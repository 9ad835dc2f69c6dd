"""Looks at cameras before their masks are approved, and decides what may be approved."""
