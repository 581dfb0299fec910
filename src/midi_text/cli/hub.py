"""``export`` and ``push``: from weights and their papers to a model on the Hub."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .output import Output


def add_commands(commands: Any, every: argparse.ArgumentParser) -> None:
    """Adds the commands to a parser's subcommands; ``every`` holds the options that all commands share."""
    export = commands.add_parser("export", parents=[every], help="weights and papers become a folder for the Hub")
    export.add_argument("checkpoint", metavar="CHECKPOINT", help="a folder with weights, tokenizer and the papers")
    export.add_argument("output", metavar="OUTPUT", help="the folder to make")
    export.add_argument("--repo-id", required=True, metavar="USER/NAME", help="its name on the Hub, for the card")
    export.add_argument("--manifest", metavar="FILE", help="the data's manifest.json [CHECKPOINT/data_manifest.json]")
    export.add_argument("--report", metavar="FILE", help="the evaluation [CHECKPOINT/evaluation_report.json]")
    export.set_defaults(run=run_export)

    push = commands.add_parser("push", parents=[every], help="an exported folder goes to the Hub")
    push.add_argument("folder", metavar="FOLDER", help="what export wrote")
    push.add_argument("repo_id", metavar="REPO_ID", help="user/name")
    push.add_argument("--repo-type", choices=("model", "dataset", "space"), default="model", help="[model]")
    push.add_argument("--private", action="store_true", help="hide a repository that is made now")
    push.add_argument("--message", default="Upload with midi-text", help="the commit's title")
    push.set_defaults(run=run_push)


def run_export(args: argparse.Namespace, out: Output) -> int:
    """Makes the folder for the Hub."""
    from ..publishing.export import export
    from ..records import MANIFEST_FILE, REPORT_FILE, RUN_FILE, DataManifest, EvaluationReport, Papers, RunRecord

    home = Path(args.checkpoint)
    papers = Papers(
        DataManifest.load(args.manifest or home / MANIFEST_FILE),
        RunRecord.load(home / RUN_FILE),
        EvaluationReport.load(args.report or home / REPORT_FILE),
    )
    folder = export(home, args.output, repo_id=args.repo_id, papers=papers)
    out.item({"folder": str(folder), "repo_id": args.repo_id}, f"{folder}: ready for midi-text push")
    return 0


def run_push(args: argparse.Namespace, out: Output) -> int:
    """Uploads a folder."""
    from ..publishing.push import push

    url = push(args.folder, args.repo_id, repo_type=args.repo_type, private=args.private, message=args.message)
    out.item({"folder": args.folder, "repo_id": args.repo_id, "url": url}, url)
    return 0
