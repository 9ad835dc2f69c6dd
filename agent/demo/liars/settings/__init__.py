"""Fakes settings: what is opened, switched, installed or set up is not what the device says of it."""
