"""The files for ``accelerate launch`` mean what they say."""

from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser

CONFIGS = Path(__file__).parents[1] / "configs"
EXPECTED = {
    "one": ("NO", 1, False, False),
    "two-cpu": ("MULTI_GPU", 2, True, False),
    "ddp": ("MULTI_GPU", 8, True, False),
    "fsdp": ("FSDP", 8, False, True),
}


def test_every_file_is_known():
    assert {path.stem for path in CONFIGS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_accelerate_reads_it(name: str):
    path = CONFIGS / f"{name}.yaml"
    kind, processes, several, shared = EXPECTED[name]
    config = load_config_from_file(str(path))
    assert (config.distributed_type.value, config.num_processes) == (kind, processes)
    given = launch_command_parser().parse_args(["--config_file", str(path), "-m", "midi_text"])
    args, *_ = _validate_launch_command(given)
    assert (args.num_processes, bool(args.multi_gpu), bool(args.use_fsdp)) == (processes, several, shared)
