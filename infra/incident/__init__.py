"""What happened to a service in the last minutes: facts of each region -> findings in words, with numbers and next commands.

Everything is pure but `reader`, which asks AWS through the callables that it is given and changes nothing.
"""
