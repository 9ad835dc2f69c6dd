"""Publishes the spool over MQTT, and receives watermarks and orders of the hub."""
