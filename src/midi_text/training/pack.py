"""A built corpus, made small to travel: what training reads and nothing else, in one folder.

For a training host that one cannot install on at leisure. The words for people (captions, prompts, pieces) stay
behind: training writes its own from facts and labels.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ..data.batches import COLUMNS
from ..data.shards import shards
from ..data.stopping import whole_folder


def pack(data: str | Path, output: str | Path) -> int:
    """Writes the training and validation examples, the tokenizer and the manifest to ``output``.

    Args:
        data: A folder that ``build_dataset`` wrote.
        output: A folder to make; ``midi-text train`` takes it as it takes ``data``.

    Returns:
        Bytes written.

    Raises:
        FileNotFoundError: If ``data`` is no built corpus.
        FileExistsError: If ``output`` exists.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source, target = Path(data), Path(output)
    if target.exists():
        raise FileExistsError(f"{target} must not exist yet; remove it or choose another folder")
    with whole_folder(target) as folder:
        (folder / "data").mkdir()
        for split in ("train", "validation"):
            table = pa.concat_tables([pq.read_table(path, columns=COLUMNS) for path in shards(source, split)])
            pq.write_table(
                table,
                folder / "data" / f"{split}-00000.parquet",
                compression="zstd",
                compression_level=15,
                use_dictionary=["source", "labels"],
            )
        shutil.copytree(source / "tokenizer", folder / "tokenizer")
        shutil.copy2(source / "manifest.json", folder)
    return sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
