"""`python -m aftersend` is the command line."""

from aftersend.cli.main import main

main()
