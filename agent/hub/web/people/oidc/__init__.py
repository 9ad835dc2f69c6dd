"""Verifies log-ins by a city's own login: OpenID Connect."""
