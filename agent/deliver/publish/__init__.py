"""Publishes the spool over MQTT, and takes in what the hub says."""
