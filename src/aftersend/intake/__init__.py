"""An event comes in: what it says, whether it can be kept, and how it gets into the ledger."""
