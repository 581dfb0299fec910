import numpy as np
import pytest

from midi_text.facts.runs import runs


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("", []),
        ("....", []),
        ("####", [[0, 4]]),
        (".##.#", [[1, 3], [4, 5]]),
        ("#..#", [[0, 1], [3, 4]]),
    ],
)
def test_runs_have_a_first_place_and_an_end(flags, found):
    assert runs(np.array([flag == "#" for flag in flags], np.bool_)).tolist() == found
