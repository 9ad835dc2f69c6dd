"""Exchanges messages with sites: by MQTT at one broker, or by AMQP at a RabbitMQ cluster."""
