"""Everything that knows the ledger's engine: tables, SQL, identities. Nothing above writes SQL for it."""
