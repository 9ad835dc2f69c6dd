"""Reads Dahua devices: CGI and, for what it does not give, RPC2."""
