"""One module per integration type; each turns an exchange into an answer or raises a gateway fault."""
