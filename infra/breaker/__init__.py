"""The operator's side of the breaker: look at it in every region, force it, and let it go. The runtime is lambdas/breaker.

Items, states and transitions are the runtime's own modules, so that the two cannot disagree about what is in the table.
"""
