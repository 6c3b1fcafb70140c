"""One engine for all background work: the row is the truth, the Celery message only a hint (PLT-20).

`jobs` to declare and enqueue, `due` for what falls due again and again, `health` for what an admin sees.
"""
