"""How others word events, and how that is read."""
