"""Checks what the police platform is told against what is true."""
