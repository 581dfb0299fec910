"""A Hugging Face Hub in memory, for tests that push and pull without a network.

It answers what `huggingface_hub` 1.33 to 2.4 ask over HTTP: who am I, create and delete repositories, upload in
both modes (small files inside the commit, large ones as LFS objects), commit, list, describe, and download with
ranges, for models, datasets and Spaces. Every write needs the token; a private repository needs it for reading
too. Git's history is kept as far as the client sees it: commits, branches, a parent that must match.

Clients read where the Hub is when they are imported, so they run as subprocesses with `LocalHub.environment`, or
take `endpoint=hub.url`. Xet must be off (`HF_HUB_DISABLE_XET=1`): this Hub speaks plain LFS.
"""

import base64
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

TOKEN = "hf_local"
USER = "user"
DATE = "2026-01-01T00:00:00.000Z"
LFS_SUFFIXES = (".safetensors", ".parquet", ".mid", ".bin", ".npz")
REPO = r"/api/(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+)"


class HubError(Exception):
    """An error answer in the Hub's manner: a status, a code that clients match on, a message."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {"X-Error-Code": code, "X-Error-Message": message, **headers}


@dataclass(frozen=True)
class Request:
    """One request, decoded: `groups` are the parts of the path that the route names."""

    method: str
    groups: dict[str, str]
    query: dict[str, str]
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def authorised(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def flag(self, name: str) -> bool:
        return self.query.get(name, "").lower() in ("true", "1")


@dataclass(frozen=True)
class Reply:
    """What goes back: JSON values or bytes."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blob:
    """One version of one file."""

    data: bytes
    is_lfs: bool = False

    @property
    def oid(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.data) + self.data).hexdigest()

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.data).hexdigest() if self.is_lfs else self.oid

    def described(self) -> dict[str, Any]:
        lfs = {"oid": self.etag, "sha256": self.etag, "size": len(self.data), "pointerSize": 130}
        return {"size": len(self.data)} | ({"lfs": lfs} if self.is_lfs else {})


@dataclass
class Repository:
    """Commits (each a whole mapping path -> blob) and the branches that point at them."""

    private: bool = False
    sdk: str | None = None
    commits: dict[str, dict[str, Blob]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)

    def commit(self, files: dict[str, Blob], title: str, branch: str) -> str:
        sha = hashlib.sha1(f"{id(self)} {len(self.commits)} {title}".encode()).hexdigest()
        self.commits[sha], self.titles[sha], self.branches[branch] = files, title, sha
        return sha

    def resolve(self, revision: str) -> str:
        revision = unquote(revision)
        sha = self.branches.get(revision, revision)
        if sha not in self.commits:
            raise HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha


Handler = Callable[["LocalHub", Request], Any]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, pattern: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        ROUTES.append((method, re.compile(pattern), handler))
        return handler

    return register


class LocalHub:
    """The server; use it as a context manager. `log` holds "METHOD path status" of everything asked."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.objects: dict[str, bytes] = {}  # LFS: sha256 -> content
        self.log: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_HttpHandler,), {"hub": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a subprocess takes this server for the Hub."""
        return {"HF_ENDPOINT": self.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}

    def answer(self, method: str, url: str, headers: Any, body: bytes) -> Reply:
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        for verb, pattern, handler in ROUTES:
            if verb == method and (match := pattern.fullmatch(parts.path)):
                reply = handler(self, Request(method, match.groupdict(), query, headers, body))
                return reply if isinstance(reply, Reply) else Reply(reply)
        raise HubError(404, "NotFound", f"No route for {method} {parts.path}")

    def repository(self, request: Request, *, write: bool = False) -> Repository:
        repository = self.repositories.get((request.groups["kind"] or "models", request.groups["name"]))
        if write and not request.authorised:
            raise HubError(401, "Unauthorized", "Invalid username or password.")
        if repository is None or (repository.private and not request.authorised):
            raise HubError(404 if request.authorised else 401, "RepoNotFound", "Repository not found")
        return repository

    # -- accounts and repositories

    @route("GET", "/api/whoami-v2")
    def whoami(self, request: Request) -> Any:
        if not request.authorised:
            raise HubError(401, "Unauthorized", "Invalid username or password.")
        token = {"displayName": "tests", "role": "write"}
        return {
            "type": "user",
            "id": "0",
            "name": USER,
            "orgs": [],
            "auth": {"type": "access_token", "accessToken": token},
        }

    @route("POST", "/api/repos/create")
    def create(self, request: Request) -> Any:
        if not request.authorised:
            raise HubError(401, "Unauthorized", "Invalid username or password.")
        asked = request.json
        kind = (asked.get("type") or "model") + "s"
        name = f"{asked.get('organization') or USER}/{asked['name'].split('/')[-1]}"
        url = f"{self.url}/{'' if kind == 'models' else kind + '/'}{name}"
        if (kind, name) in self.repositories:
            return Reply({"error": "You already created this repo", "url": url}, 409)
        private = bool(asked.get("private")) or asked.get("visibility") == "private"
        repository = self.repositories[kind, name] = Repository(private, asked.get("sdk"))
        repository.commit({".gitattributes": Blob(b"*.safetensors filter=lfs\n")}, "initial commit", "main")
        return {"url": url, "name": name, "id": name}

    @route("DELETE", "/api/repos/delete")
    def delete(self, request: Request) -> Any:
        asked = request.json
        name = f"{asked.get('organization') or USER}/{asked['name']}"
        if not request.authorised or not self.repositories.pop(((asked.get("type") or "model") + "s", name), None):
            raise HubError(404 if request.authorised else 401, "RepoNotFound", "Repository not found")
        return {}

    @route("POST", "/api/validate-yaml")
    def validate_card(self, request: Request) -> Any:
        return {"errors": [], "warnings": []}

    # -- writing

    @route("POST", REPO + "/preupload/(?P<revision>.+)")
    def preupload(self, request: Request) -> Any:
        repository = self.repository(request, write=True)
        head = repository.commits[repository.resolve(request.groups["revision"])]
        answers = []
        for file in request.json["files"]:
            old = head.get(file["path"])
            mode = "lfs" if file["path"].endswith(LFS_SUFFIXES) else "regular"
            answers.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": old and old.etag})
        return {"files": answers}

    @route("POST", r"/(?:datasets/|spaces/)?[^/]+/[^/]+\.git/info/lfs/objects/batch")
    def lfs_batch(self, request: Request) -> Any:
        answers = []
        for wanted in request.json["objects"]:
            upload = f"{self.url}/lfs/{wanted['oid']}"
            known = wanted["oid"] in self.objects
            actions = {} if known else {"actions": {"upload": {"href": upload}, "verify": {"href": f"{upload}/verify"}}}
            answers.append({"oid": wanted["oid"], "size": wanted["size"], **actions})
        return {"transfer": "basic", "objects": answers}

    @route("PUT", "/lfs/(?P<oid>[0-9a-f]{64})")
    def lfs_upload(self, request: Request) -> Any:
        if hashlib.sha256(request.body).hexdigest() != request.groups["oid"]:
            raise HubError(400, "BadRequest", "The content does not have the hash it was announced with")
        self.objects[request.groups["oid"]] = request.body
        return {}

    @route("POST", "/lfs/(?P<oid>[0-9a-f]{64})/verify")
    def lfs_verify(self, request: Request) -> Any:
        if request.groups["oid"] not in self.objects:
            raise HubError(404, "EntryNotFound", "No such object")
        return {}

    @route("POST", REPO + "/commit/(?P<revision>.+)")
    def commit(self, request: Request) -> Any:
        repository = self.repository(request, write=True)
        revision = unquote(request.groups["revision"])
        parent = repository.resolve(revision)
        files, title = dict(repository.commits[parent]), ""
        for line in filter(None, request.body.splitlines()):
            operation = json.loads(line)
            key, value = operation["key"], operation["value"]
            if key == "header":
                title = value["summary"]
                if value.get("parentCommit", parent) != parent:
                    raise HubError(412, "PreconditionFailed", "The branch has moved on")
            elif key == "file":
                files[value["path"]] = Blob(base64.b64decode(value["content"]))
            elif key == "lfsFile":
                files[value["path"]] = Blob(self.objects[value["oid"]], is_lfs=True)
            elif key == "deletedFile":
                del files[value["path"]]
            elif key == "deletedFolder":
                files = {path: blob for path, blob in files.items() if not path.startswith(value["path"])}
            else:
                raise HubError(400, "BadRequest", f"Unknown operation {key}")
        sha = repository.commit(files, title, revision)
        url = f"{self.url}/{request.groups['name']}/commit/{sha}"
        return {"success": True, "commitOid": sha, "commitUrl": url, "hookOutput": "", "pullRequestUrl": None}

    @route("POST", REPO + "/branch/(?P<branch>.+)")
    def branch(self, request: Request) -> Any:
        repository = self.repository(request, write=True)
        start = (request.json if request.body else {}).get("startingPoint", "main")
        repository.branches[unquote(request.groups["branch"])] = repository.resolve(start)
        return {}

    # -- reading

    @route("GET", REPO + "/refs")
    def references(self, request: Request) -> Any:
        branches = self.repository(request).branches.items()
        rows = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": sha} for name, sha in branches]
        return {"branches": rows, "tags": [], "converts": []}

    @route("GET", REPO + "/commits/(?P<revision>.+)")
    def history(self, request: Request) -> Any:
        repository = self.repository(request)
        last = repository.resolve(request.groups["revision"])
        until = [*itertools.takewhile(lambda sha: sha != last, repository.commits), last]
        return [
            {
                "id": sha,
                "title": repository.titles[sha],
                "message": "",
                "authors": [{"user": USER}],
                "date": DATE,
            }
            for sha in reversed(until)
        ]

    @route("GET", REPO + r"/tree/(?P<revision>[^/]+)(?:/(?P<folder>.+))?")
    def tree(self, request: Request) -> Any:
        repository = self.repository(request)
        files = repository.commits[repository.resolve(request.groups["revision"])]
        prefix = f"{unquote(request.groups['folder']).rstrip('/')}/" if request.groups["folder"] else ""
        rows: dict[str, dict[str, Any]] = {}
        for path, blob in sorted(files.items()):
            if path.startswith(prefix):
                for end in (match.start() for match in re.finditer("/", path[len(prefix) :])):
                    folder = path[: len(prefix) + end]
                    rows[folder] = {
                        "type": "directory",
                        "oid": hashlib.sha1(folder.encode()).hexdigest(),
                        "size": 0,
                    }
                rows[path] = {"type": "file", "oid": blob.oid, **blob.described()}
        if prefix and not rows:
            raise HubError(404, "EntryNotFound", f"{prefix} does not exist")
        wanted = (path for path in rows if request.flag("recursive") or "/" not in path[len(prefix) :])
        return [{"path": path, **rows[path]} for path in wanted]

    @route("POST", REPO + "/paths-info/(?P<revision>.+)")
    def paths_info(self, request: Request) -> Any:
        repository = self.repository(request)
        files = repository.commits[repository.resolve(request.groups["revision"])]
        asked = (
            request.json["paths"]
            if "json" in request.headers.get("Content-Type", "")
            else parse_qs(request.body.decode())["paths"]
        )
        return [
            {"type": "file", "path": path, "oid": files[path].oid, **files[path].described()}
            for path in asked
            if path in files
        ]

    @route("GET", REPO + "(?:/revision/(?P<revision>.+))?")
    def describe(self, request: Request) -> Any:
        repository = self.repository(request)
        sha = repository.resolve(request.groups["revision"] or "main")
        files, name = repository.commits[sha], request.groups["name"]
        card = card_data(files)
        siblings = [
            {"rfilename": path} | ({"blobId": blob.oid, **blob.described()} if request.flag("blobs") else {})
            for path, blob in sorted(files.items())
        ]
        config = json.loads(files["config.json"].data) if "config.json" in files else {}
        return {
            "_id": sha[:24], "id": name, "modelId": name, "author": name.split("/")[0], "sha": sha, "config": config,
            "lastModified": DATE, "createdAt": DATE, "private": repository.private, "gated": False,
            "disabled": False, "downloads": 0, "likes": 0, "usedStorage": 0, "sdk": repository.sdk,
            "siblings": siblings, "cardData": card, "tags": card.get("tags", []),
            "pipeline_tag": card.get("pipeline_tag"), "library_name": card.get("library_name"),
        }  # fmt: skip

    @route(
        "GET",
        r"/(?:(?P<kind>datasets|spaces)/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)",
    )
    def download(self, request: Request) -> Any:
        repository = self.repository(request)
        sha = repository.resolve(request.groups["revision"])
        blob = repository.commits[sha].get(unquote(request.groups["path"]))
        if blob is None:
            raise HubError(404, "EntryNotFound", "Entry not found", **{"X-Repo-Commit": sha})
        headers = {"X-Repo-Commit": sha, "ETag": f'"{blob.etag}"', "Accept-Ranges": "bytes"}
        if blob.is_lfs:
            headers |= {"X-Linked-Size": str(len(blob.data)), "X-Linked-ETag": f'"{blob.etag}"'}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if wanted:
            first, last = int(wanted[1]), int(wanted[2] or len(blob.data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(blob.data)}"
            return Reply(blob.data[first : last + 1], 206, headers)
        return Reply(blob.data, 200, headers)


def card_data(files: dict[str, Blob]) -> dict[str, Any]:
    """The YAML at the top of README.md, which the Hub shows and indexes."""
    card = files.get("README.md", Blob(b"")).data.decode()
    front = re.match(r"---\s*\n(.*?)\n---", card, re.DOTALL)
    return (yaml.safe_load(front[1]) or {}) if front else {}


class _HttpHandler(BaseHTTPRequestHandler):
    hub: LocalHub
    protocol_version = "HTTP/1.1"  # keep connections open, as clients expect

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            # HEAD is GET without the body.
            reply = self.hub.answer("GET" if self.command == "HEAD" else self.command, self.path, self.headers, body)
        except HubError as refusal:
            reply = Reply({"error": str(refusal)}, refusal.status, refusal.headers)
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.hub.log.append(f"{self.command} {self.path} {reply.status}")
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/octet-stream" if content is reply.body else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    # http.server calls these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_request  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Keeps the test's output clean; `LocalHub.log` has it all."""
