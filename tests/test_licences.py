"""Licences are called by one name each, and "open" keeps out what may not be passed on."""

import pytest

from midi_text.data.licences import allowed, normalise

KNOWN = [
    ("CC0 1.0", "CC0-1.0", True),
    ("Creative Commons Zero v1.0 Universal", "CC0-1.0", True),
    ("CC BY 4.0", "CC-BY-4.0", True),
    ("cc-by-sa-4.0", "CC-BY-SA-4.0", True),
    ("CC BY-SA 3.0 DE", "CC-BY-SA-3.0-DE", True),
    ("CC BY-SA 2.", "CC-BY-SA-2.0", True),
    ("Creative Commons Attribution-ShareAlike 4.0 International", "CC-BY-SA-4.0", True),
    ("https://creativecommons.org/licenses/by-nc-sa/4.0/", "CC-BY-NC-SA-4.0", False),
    ("CC-BY-ND-4.0", "CC-BY-ND-4.0", False),
    ("Attribution-NonCommercial 4.0 (Creative Commons)", "CC-BY-NC-4.0", False),
    ("Public Domain", "Public-Domain", True),
    ("public domain mark (Creative Commons)", "Public-Domain", True),
    ("MIT License", "MIT", True),
    ("The Unlicense", "Unlicense", True),
    ("apache-2.0", "Apache-2.0", True),
    ("GPL-2.0", "GPL-2.0", True),
    ("GNU General Public License v3 or later", "GPL-3.0-or-later", True),
    ("LGPL 2.1", "LGPL-2.1", True),
    ("Artistic License", "Artistic", True),
    ("All rights  reserved", "All rights reserved", False),
    ("© 2001 by the encoder", "© 2001 by the encoder", False),
]


@pytest.mark.parametrize(("written", "name", "is_open"), KNOWN)
def test_a_licence_has_one_name(written, name, is_open):
    assert normalise(written) == name
    assert normalise(name) == name
    assert allowed(name, ["open"]) == is_open


def test_what_is_accepted_is_a_list_of_patterns():
    assert allowed("anything", [])
    assert allowed("CC-BY-4.0", ["MIT", "CC-BY-[0-9]*"])
    assert not allowed("CC-BY-SA-4.0", ["MIT", "CC-BY-[0-9]*"])
    assert allowed("CC-BY-NC-4.0", ["open", "CC-BY-NC-*"])
