"""The command line: arguments in, exit code out. It calls `app` and shows what comes back."""
