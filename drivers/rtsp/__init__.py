"""Requests video of one device over RTSP: one keyframe, or some seconds of packets measured."""
