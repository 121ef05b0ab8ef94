"""WhatsApp groups as code: the groups a YAML file asks for, created through Z-API, each of them once."""

__version__ = "0.1.0"
