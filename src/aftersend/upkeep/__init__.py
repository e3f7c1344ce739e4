"""What the ledger needs beside events and questions: removals, retention, backups."""
