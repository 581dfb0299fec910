"""The shop window: a checkpoint and its papers become a folder the Hub understands, and the folder goes there."""
