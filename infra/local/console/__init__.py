"""The console: a page of the engine that shows live traffic and has switches for breakers, regions and a traffic generator.

Plain files in `assets`, one JSON document that the page asks for twice a second, three things that it can change. It is for
whoever sits at this machine: see `guard`. AWS has no such thing. It may touch what the engine holds, and nothing else.
"""
