"""The command line: one module per command group. Imports nothing heavy before a command runs."""
