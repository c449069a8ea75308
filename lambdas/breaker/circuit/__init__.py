"""The circuit breaker: a pure state machine, the state that containers share, and the proxy in front of a service."""
