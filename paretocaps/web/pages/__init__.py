"""The pages of the service: rendered here, alive by one script, readable without it."""
