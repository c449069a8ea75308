"""Where every country's traffic can go: territories, Route 53's answers, the proof. Pure: no network, no AWS library."""
