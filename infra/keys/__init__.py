"""API keys as data: the same key in every region that may serve a customer, and what the keys were used for.

`value` and `secret` are pure and may be imported by anybody; the rest plans, carries out and reads.
"""
