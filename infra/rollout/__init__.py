"""A release's whole way over steps and regions, decided by the verdict. `machine` is pure; `driver` looks, decides and acts.

The laptop (`gatewright canary run`) and the region's own state machine (`--detach`) turn the same crank, one `Driver.tick` a minute, over the
same state in the ledger; so either can go on where the other, or a killed one, stopped.
"""
