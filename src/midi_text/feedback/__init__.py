"""The feedback loop: a model learns from the best of what it wrote itself. Needs the extra ``train``."""
