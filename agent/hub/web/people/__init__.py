"""Stores and checks who may use the page: people, passwords, sessions, tokens."""
