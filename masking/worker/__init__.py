"""Decodes and judges pictures in locked-down child processes."""
