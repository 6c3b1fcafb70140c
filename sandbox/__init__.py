"""A stand-in for the outside networks: a program of its own, sharing no code with the product.

It speaks the networks' own protocols, so that demo, tests and training run against the same HTTP a real account would answer.
Only the standard library is used. If the sandbox read the client's code, both could carry the same mistake unnoticed.
"""
