"""For students: how a performance compares with its reference, and exercises that are what was asked.

Needs the extra `study`: `parangonar` aligns performances, matplotlib draws them.
"""
