"""Talks RTSP to one device: one keyframe, or some seconds of packets measured."""
