"""Exchanges HTTP messages with one device: connections, login, recorded replies."""
