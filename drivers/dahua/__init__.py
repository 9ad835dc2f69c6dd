"""The Dahua driver: CGI and, for what it does not give, RPC2."""
