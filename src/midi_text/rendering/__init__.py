"""Scores as people look at them: piano rolls."""
