"""Answers a question about settings with something else than what is opened, switched, installed or set up."""
