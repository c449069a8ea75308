"""Traces of a function: X-Ray's documents, or OpenTelemetry's spans. Linked into the functions, so each zip has it.

Nothing of a person is in a trace: no path or query as it was sent, no address, no token, no user agent.
"""
