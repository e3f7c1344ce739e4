"""The numbered steps of the registry."""
