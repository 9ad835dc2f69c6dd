"""Sends reports of sites to an upper hub as they were signed, and takes those of lower hubs."""
