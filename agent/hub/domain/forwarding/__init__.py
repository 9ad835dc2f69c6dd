"""Decides who may forward to whom, and defines what forwarding stores."""
