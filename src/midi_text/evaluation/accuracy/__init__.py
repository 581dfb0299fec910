"""How right the facts are: each module compares one topic with what people, or a synthesis, say of the same music."""
