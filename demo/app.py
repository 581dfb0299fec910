"""The Space: midi-text's page, as the Hub starts it."""

from transformers import pipeline

import midi_text  # noqa: F401 - teaches transformers the pipeline
from midi_text.demo.serve import answers_of, serve

if __name__ == "__main__":
    serve(answers_of(pipeline("text-to-midi")), server_name="0.0.0.0")
