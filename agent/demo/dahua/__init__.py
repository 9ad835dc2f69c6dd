"""Simulates a recorder that speaks Dahua's CGI and RPC2."""
