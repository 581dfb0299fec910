def mend(word: str) -> str:
    return word
