"""Measures and judges picture quality."""
