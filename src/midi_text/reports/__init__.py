"""What an evaluation found, for people: one table of words for all figures, and the pages made with it."""
