"""Traces on the laptop: what X-Ray would have recorded of API Gateway and Lambda, its daemon, its API, and an OTLP sink.

Recorded around the data plane and the workers, not within them. AWS keeps traces for 30 days; the engine keeps the newest, in memory.
"""
