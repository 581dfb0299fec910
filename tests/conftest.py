"""The tests are hermetic: no test reaches the network, the user's caches or the user's Hub login.

The variables must stand before transformers or huggingface_hub is imported, so they are set here, at import.
"""

import os
import tempfile

os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="midi-text-tests-hf-")
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_XET="1",
    TOKENIZERS_PARALLELISM="false",
)
os.environ.pop("HF_TOKEN", None)
