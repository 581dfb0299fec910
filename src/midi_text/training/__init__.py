"""Training: settings, what the tasks ask of the model, and the loop. Needs the extra ``train``."""
