"""The deployed DNS: read it, ask it, and compare it with the proof. Touches Route 53 and WAF, reading only."""
