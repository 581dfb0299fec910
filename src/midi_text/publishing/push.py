"""Push: an exported folder goes to the Hub.

One commit, through `huggingface_hub`, to whatever Hub `HF_ENDPOINT` names. The card goes as an ordinary file of the
folder. What can go wrong far away (no token, no right, no network) comes back as one `PushError` that says what to do.
"""

import os
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

from ..records import WEIGHTS_FILE

RepoType = Literal["model", "dataset", "space"]

NO_TOKEN = "Pushing needs a token with the right to write: run `hf auth login`, or set HF_TOKEN."
# What the HTTP library beneath huggingface_hub raises: httpx for 1.x, httpx2 for 2.x.
TRANSPORT_ERROR: type[Exception] = HfHubHTTPError.__bases__[0]


class PushError(RuntimeError):
    """A push that did not happen; the message says what to do about it."""


def push(
    folder: str | os.PathLike[str],
    repo_id: str,
    *,
    repo_type: RepoType = "model",
    private: bool = False,
    token: str | None = None,
    endpoint: str | None = None,
    message: str = "Upload with midi-text",
) -> str:
    """Uploads `folder` as one commit; the repository is made if it does not exist.

    Args:
        folder: What `export` wrote, or for data sets and Spaces any folder with a card.
        repo_id: "user/name".
        repo_type: What it is on the Hub.
        private: Whether a repository that is made now is hidden from others.
        token: A token with the right to write. None: `HF_TOKEN` or the login of `hf auth login`.
        endpoint: The Hub's address. None: `HF_ENDPOINT` or the public Hub.
        message: The title of the commit.

    Returns:
        The address of the commit.

    Raises:
        FileNotFoundError: `folder` holds no card, or is not an exported model.
        PushError: The Hub was not reached or refused.
    """
    source = Path(folder)
    for name in ("README.md", "config.json", WEIGHTS_FILE)[: 3 if repo_type == "model" else 1]:
        if not (source / name).is_file():
            raise FileNotFoundError(f"A {repo_type} to push must hold {name}, found none in {source}: export it first.")
    api = HfApi(endpoint=endpoint, token=token)
    try:
        sdk = "gradio" if repo_type == "space" else None
        api.create_repo(repo_id, repo_type=repo_type, private=private, exist_ok=True, space_sdk=sdk)
        commit = api.upload_folder(
            repo_id=repo_id, repo_type=repo_type, folder_path=source, commit_message=message, delete_patterns="*"
        )
    except LocalTokenNotFoundError as error:
        raise PushError(NO_TOKEN) from error
    except HFValidationError as error:
        raise PushError(f'A repository must be named "user/name": {error}') from error
    except HfHubHTTPError as error:
        if error.response.status_code in (401, 403):
            raise PushError(f"The Hub refused the token for {repo_id}. {NO_TOKEN}") from error
        raise PushError(f"The Hub refused {repo_id}: {error}") from error
    except (OSError, RuntimeError, TRANSPORT_ERROR) as error:  # a file that does not arrive is a RuntimeError
        raise PushError(
            f"The Hub at {api.endpoint} must be reachable to push {repo_id}: {error} "
            "Check the network, HF_ENDPOINT and HF_HUB_OFFLINE; the folder is whole and can be pushed later."
        ) from error
    return commit.commit_url
