"""The service as an HTTP API: routes that translate between requests and the use cases."""
