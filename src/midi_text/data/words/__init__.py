"""The words of captions and prompts: facts, analysis and labels become fragments, fragments become text.

`captions` is the door. `wordings` is the table of wordings a fact; `fragments` (basic facts), `analysis` and `labels`
choose from it; `plans` says which kinds of text there are, and `prose` sets sentences.
"""
