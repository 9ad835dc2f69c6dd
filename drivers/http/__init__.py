"""Talks HTTP to one device: connections, login, recorded replies."""
