"""Words become MIDI and MIDI becomes words.

Importing this package teaches transformers its config, model, tokenizer and processor, and the two pipelines::

    import midi_text
    from transformers import pipeline

    piece = pipeline("text-to-midi")("a slow waltz in D minor for violin and piano", seed=7)
    piece.save("waltz.mid")
    print(pipeline("midi-to-text")("waltz.mid").text)

Without a model named, both use the checkpoint that comes with the package; nothing is downloaded.
"""

from pathlib import Path

from transformers import AutoConfig, AutoModel, AutoModelForSeq2SeqLM, AutoProcessor, AutoTokenizer
from transformers.pipelines import PIPELINE_REGISTRY

from .agreement_midi_text import Agreement, agreement
from .configuration_midi_text import MidiTextConfig
from .constraints_midi_text import MusicLogitsProcessor, TextOnlyLogitsProcessor
from .facts.analysis import Analysis, analyze
from .facts_midi_text import MusicFacts, measure_facts
from .key_midi_text import Key, estimate_key
from .locks_midi_text import Locks
from .modeling_midi_text import MidiTextForConditionalGeneration, MidiTextModel
from .pipeline_midi_text import Composition, Description, MidiToTextPipeline, TextToMidiPipeline
from .processing_midi_text import MidiTextProcessor
from .prompt_midi_text import Ask, read_prompt
from .repair_midi_text import CheckedCaption, check_caption
from .request_midi_text import Wishes
from .score_midi_text import MidiError, read_score, write_score
from .tokenization_midi_text import MidiTextTokenizer

PRETRAINED = Path(__file__).parent / "pretrained"
"""The folder of the checkpoint that comes with the package."""

AutoConfig.register(MidiTextConfig.model_type, MidiTextConfig, exist_ok=True)
AutoModel.register(MidiTextConfig, MidiTextModel, exist_ok=True)
AutoModelForSeq2SeqLM.register(MidiTextConfig, MidiTextForConditionalGeneration, exist_ok=True)
AutoTokenizer.register(MidiTextConfig, tokenizer_class=MidiTextTokenizer, exist_ok=True)
AutoProcessor.register(MidiTextConfig, MidiTextProcessor, exist_ok=True)
for _task, _pipeline in (("text-to-midi", TextToMidiPipeline), ("midi-to-text", MidiToTextPipeline)):
    if _task not in PIPELINE_REGISTRY.get_supported_tasks():
        PIPELINE_REGISTRY.register_pipeline(
            _task,
            pipeline_class=_pipeline,
            pt_model=AutoModelForSeq2SeqLM,
            default={"model": (str(PRETRAINED), "main")},
            type="multimodal",
        )

__all__ = [
    "PRETRAINED",
    "Agreement",
    "Analysis",
    "Ask",
    "CheckedCaption",
    "Composition",
    "Description",
    "Key",
    "Locks",
    "MidiError",
    "MidiTextConfig",
    "MidiTextForConditionalGeneration",
    "MidiTextModel",
    "MidiTextProcessor",
    "MidiTextTokenizer",
    "MidiToTextPipeline",
    "MusicFacts",
    "MusicLogitsProcessor",
    "TextOnlyLogitsProcessor",
    "TextToMidiPipeline",
    "Wishes",
    "agreement",
    "analyze",
    "check_caption",
    "estimate_key",
    "measure_facts",
    "read_prompt",
    "read_score",
    "write_score",
]
