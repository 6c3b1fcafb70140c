"""Formulas: a small typed language over the fields of one record (PLT-17). docs/decisions/0008-formula.md says why it is as it is.

`words` cuts the text, `parse` makes a tree of it, `check` gives every part its type and what to do, `formula` holds the result.
Nothing of what an admin typed is ever run as Python or SQL.
"""
