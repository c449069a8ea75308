"""Releasing by canary: what a region is in, the plan of API calls from there, the executor and the ledger.

Only `awsclient` talks to AWS; `situation`, `plan` and the planners are pure.
"""
