"""How the data files beside it were made, so that they can be made again. Each module is a command; no other code imports them."""
