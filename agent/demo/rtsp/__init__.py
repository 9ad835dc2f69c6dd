"""Simulates an RTSP server."""
