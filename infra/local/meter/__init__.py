"""What passes through the engine, counted: `/metrics` for Prometheus, and the console's live figures.

Counting is a dictionary's increment beside each request (docs/adr/0020); everything else happens when somebody asks. Touches the
embedded Logs and DynamoDB, reading only.
"""
