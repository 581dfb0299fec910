"""The tests are hermetic: no test reaches the network, the user's caches or the user's Hub login.

The variables must stand before transformers or huggingface_hub is imported, so they are set here, at import.
"""

import atexit
import os
import shutil
import tempfile

HF_HOME = tempfile.mkdtemp(prefix="midi-text-tests-hf-")
atexit.register(shutil.rmtree, HF_HOME, ignore_errors=True)
os.environ["HF_HOME"] = HF_HOME
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_HUB_DISABLE_XET="1",
    TOKENIZERS_PARALLELISM="false",
)
os.environ.pop("HF_TOKEN", None)
