"""Carries messages between sites and the hub: MQTT at one broker, or AMQP at a RabbitMQ cluster."""
