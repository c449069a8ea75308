"""Code that runs inside Lambda. Each folder is one zip; it imports the standard library and itself, nothing else.

The four mock services share `shop_runtime` through a link inside each folder, so a folder is complete on its own
and the shared code exists once. A folder of your own needs only `handler.py` with `handler(event, context)`.
"""
