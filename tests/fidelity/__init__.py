"""Recorded and documented facts about API Gateway, asked of a running endpoint as a user would ask them."""
