"""A question is answered: what it means, what to count for it, and how the counts become the answer."""
