"""Authenticates people by a city's own login: OpenID Connect."""
