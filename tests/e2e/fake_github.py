"""A GitHub on loopback that keeps GitHub's rules and notes who breaks them: budgets, conditional requests, pauses, links,
moves. Data is what a test puts in; faults come when it says so."""

import base64
import hashlib
import json
import re
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghp_only_a_test"
SHA = "c9a1f2e" + "0" * 33


def stamp(seconds=None):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() if seconds is None else seconds))


class Repo:
    def __init__(self, name):
        self.name = name
        self.runs, self.jobs, self.checks, self.statuses, self.pulls = {}, {}, {}, {}, {}
        self.hooks, self.deliveries = [], {}
        self.admin = True

    def run(self, number, status="completed", conclusion="success", attempt=1, sha=SHA, name="CI", **more):
        """Puts a run there, or moves it."""
        before = self.runs.get(number, {})
        self.runs[number] = {
            "id": number, "name": name, "run_attempt": attempt, "run_number": number, "status": status,
            "conclusion": conclusion if status == "completed" else None, "head_branch": "main", "head_sha": sha,
            "html_url": f"https://github.example/{self.name}/actions/runs/{number}", "event": "push",
            "created_at": before.get("created_at", stamp()), "run_started_at": stamp(), "updated_at": stamp(),
            "actor": {"login": "octocat"}, "pull_requests": [],
            "repository": {"id": 7, "full_name": self.name}, **more}

    def job(self, number, run, status="completed", conclusion="success", name="test", attempt=1, **more):
        self.jobs[number] = {
            "id": number, "run_id": run, "run_attempt": attempt, "name": name, "head_sha": SHA, "head_branch": "main",
            "status": status, "conclusion": conclusion if status == "completed" else None, "started_at": stamp(),
            "completed_at": stamp() if status == "completed" else None, "runner_name": "r1", **more}

    def check(self, number, status="completed", conclusion="success", name="lint", sha=SHA):
        self.checks[number] = {
            "id": number, "name": name, "head_sha": sha, "status": status,
            "conclusion": conclusion if status == "completed" else None, "started_at": stamp(),
            "completed_at": stamp() if status == "completed" else None, "check_suite": {"id": 5}, "pull_requests": []}

    def status(self, context, state, sha=SHA):
        self.statuses[sha, context] = {"context": context, "state": state, "updated_at": stamp(), "created_at": stamp(),
                                       "target_url": None, "description": None}


class FakeGitHub:
    """`broken` lists the rules that a client broke; close() asserts that there is none."""

    def __init__(self, limit=5000, etag="weak", per_page=None, token=TOKEN):
        self.lock = threading.RLock()
        self.repos, self.moved = {}, {}
        self.limit, self.remaining, self.etag, self.per_page, self.token = limit, limit, etag, per_page, token
        self.reset = int(time.time()) + 3600
        self.asked, self.broken, self.cursors, self.etags = [], [], {}, {}
        self.faults = []         # (pattern, function(handler) -> True if it has answered)
        self.quiet_until = 0.0   # nobody may ask before
        self.open = 0
        self.last_write = 0.0
        self.redelivered = []
        self.scopes = "repo, admin:repo_hook"
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                fake.serve(self)

            do_POST = do_GET

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v3"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        assert self.broken == [], self.broken

    def repo(self, name="octo/hello"):
        with self.lock:
            return self.repos.setdefault(name, Repo(name))

    def fault(self, pattern, answer, times=1):
        """The next requests whose path matches are answered by answer(handler)."""
        with self.lock:
            self.faults += [(re.compile(pattern), answer)] * times

    def count(self, pattern="", since=0):
        with self.lock:
            return sum(1 for path, _ in self.asked[since:] if re.search(pattern, path))

    def paths(self, since=0):
        with self.lock:
            return [path for path, _ in self.asked[since:]]

    # Answers

    def head(self, limited=True):
        headers = {"Date": formatdate(usegmt=True), "X-OAuth-Scopes": self.scopes}
        if limited:
            headers.update({"X-RateLimit-Limit": self.limit, "X-RateLimit-Remaining": self.remaining,
                            "X-RateLimit-Used": self.limit - self.remaining, "X-RateLimit-Reset": self.reset,
                            "X-RateLimit-Resource": "core"})
        return headers

    def over(self, handler):
        """What comes after this is no second request beside the first."""
        with self.lock:
            if not getattr(handler, "is_over", True):
                handler.is_over = True
                self.open -= 1

    def send(self, handler, status, body=None, headers=None):
        self.over(handler)
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response_only(status)
        for name, value in {**self.head(), **(headers or {})}.items():
            handler.send_header(name, str(value))
        if status != 304:
            handler.send_header("Content-Type", "application/json; charset=utf-8")
            handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        if status != 304:
            handler.wfile.write(data)

    def refuse(self, status, message, quiet=0.0, **headers):
        """A fault that refuses; for `quiet` seconds nobody may ask then."""
        def answer(handler):
            with self.lock:
                self.quiet_until = time.monotonic() + quiet
            self.send(handler, status, {"message": message, "documentation_url": "https://docs.github.com/rest"},
                      {name.replace("_", "-"): value for name, value in headers.items()})
        return answer

    def cut(self, handler):
        """A fault: half an answer."""
        self.over(handler)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"work")
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.close()

    def rule(self, holds, what):
        if not holds:
            self.broken.append(what)

    def serve(self, handler):
        with self.lock:
            self.open += 1
            handler.is_over = False
            self.rule(self.open == 1, f"{self.open} requests at a time")
        try:
            length = int(handler.headers.get("Content-Length") or 0)
            if length:
                handler.rfile.read(length)
            self.answer(handler)
        except (ConnectionError, BrokenPipeError):
            pass
        finally:
            self.over(handler)

    def answer(self, handler):
        path = handler.path
        with self.lock:
            self.asked.append((path, handler.command))
            self.check_rules(handler, path)
            fault = next((one for one in self.faults if one[0].search(path)), None)
            if fault:
                self.faults.remove(fault)
        if fault:
            return fault[1](handler)
        with self.lock:
            authorized = handler.headers.get("Authorization") == f"Bearer {self.token}"
            if handler.headers.get("Authorization") and not authorized:
                return self.send(handler, 401, {"message": "Bad credentials"})
            if handler.command == "POST":
                return self.post(handler, path)
            for old, new in self.moved.items():
                if path.startswith(f"/api/v3/repos/{old}"):
                    self.remaining -= 1
                    tail = path[len(f"/api/v3/repos/{old}"):]
                    return self.send(handler, 301, {"message": "Moved Permanently", "url": f"{self.url}{new}{tail}"},
                                     {"Location": f"{self.url}{new}{tail}"})
            if path == "/api/v3/rate_limit":
                return self.send(handler, 200, {"resources": {}})
            found = self.find(path)
            if found is None:
                self.remaining -= 1
                return self.send(handler, 404, {"message": "Not Found"})
            body, link = found
            return self.conditional(handler, path, authorized, json.dumps(body).encode(), link)

    def conditional(self, handler, path, authorized, body, link):
        digest = hashlib.sha256(body + str(authorized).encode()).hexdigest()[:16]
        etag = f'W/"{digest}"' if self.etag == "weak" else f'"{digest}"'
        given = handler.headers.get("If-None-Match")
        if given is not None:
            self.rule((path, given) in self.etags, f"{path}: an ETag that was never given for it: {given}")
        headers = {"ETag": etag, "Vary": "Accept, Authorization", "Cache-Control": "private, max-age=60"}
        if link:
            headers["Link"] = link
        if given == etag:
            if not authorized:
                self.remaining -= 1
            return self.send(handler, 304, None, headers)
        self.remaining -= 1
        self.etags[path, etag] = True
        return self.send(handler, 200, body, headers)

    def check_rules(self, handler, path):
        self.rule(time.monotonic() >= self.quiet_until, f"{path}: asked while it was to be quiet")
        self.rule(self.remaining > self.limit * 0.2 or "rate_limit" in path, f"{path}: the reserve was used")
        self.rule(handler.headers.get("User-Agent"), "no User-Agent")
        self.rule(handler.headers.get("Accept") == "application/vnd.github+json", "another Accept")
        self.rule(handler.headers.get("X-GitHub-Api-Version"), "no version of the API")
        query = parse_qs(urlsplit(path).query)
        if "page" in query or "cursor" in query:
            self.rule(path in self.cursors, f"{path}: a page that no Link gave")
        if handler.command == "POST":
            self.rule(time.monotonic() - self.last_write > 0.9, "writes closer than a second")
            self.last_write = time.monotonic()

    # Data

    def page(self, path, items):
        """A page of a list and its Link header. Pages are found by opaque words."""
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        size = min(int(query.get("per_page", ["30"])[0]), self.per_page or 100)
        start = int(base64.urlsafe_b64decode(query["cursor"][0])) if "cursor" in query else 0
        if start + size >= len(items):
            return items[start:start + size], None
        cursor = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        kept = "&".join(f"{name}={values[0]}" for name, values in query.items() if name != "cursor")
        target = f"{parts.path}?{kept}&cursor={cursor}"
        self.cursors[target] = True
        link = f'<{self.url.removesuffix("/api/v3")}{target}>; rel="next", <{self.url}/last>; rel="last"'
        return items[start:start + size], link

    def find(self, path):
        """The body and the Link of a GET; None: there is no such thing."""
        parts = urlsplit(path)
        place = parts.path.removeprefix("/api/v3")
        match = re.fullmatch(r"/repositories/7(/.*)?", place)
        if match:
            repo, rest = next(iter(self.repos.values())), match[1] or ""
        else:
            match = re.fullmatch(r"/repos/([^/]+/[^/]+)(/.*)?", place)
            repo = match and next((r for n, r in self.repos.items() if n.lower() == match[1].lower()), None)
            rest = (match and match[2]) or ""
        if repo is None:
            return None
        query = parse_qs(parts.query)
        if rest == "":
            return {"id": 7, "full_name": repo.name, "permissions": {"admin": repo.admin}}, None
        if rest == "/actions/runs":
            runs = sorted(repo.runs.values(), key=lambda run: run["id"], reverse=True)
            if "head_sha" in query:
                runs = [run for run in runs if run["head_sha"] == query["head_sha"][0]]
            items, link = self.page(path, runs)
            return {"total_count": len(runs), "workflow_runs": items}, link
        if match := re.fullmatch(r"/actions/runs/(\d+)", rest):
            run = repo.runs.get(int(match[1]))
            return run and (run, None)
        if match := re.fullmatch(r"/actions/runs/(\d+)/jobs", rest):
            if int(match[1]) not in repo.runs:
                return None
            jobs = [job for job in repo.jobs.values() if job["run_id"] == int(match[1])]
            items, link = self.page(path, jobs)
            return {"total_count": len(jobs), "jobs": items}, link
        if match := re.fullmatch(r"/commits/([0-9a-f]+)/check-runs", rest):
            items, link = self.page(path, [one for one in repo.checks.values() if one["head_sha"] == match[1]])
            return {"total_count": len(items), "check_runs": items}, link
        if match := re.fullmatch(r"/commits/([0-9a-f]+)/status", rest):
            all_of = [one for (sha, _), one in repo.statuses.items() if sha == match[1]]
            items, link = self.page(path, all_of)
            return {"state": "pending", "sha": match[1], "statuses": items, "total_count": len(all_of),
                    "repository": {"full_name": repo.name}}, link
        if match := re.fullmatch(r"/pulls/(\d+)", rest):
            pull = repo.pulls.get(int(match[1]))
            return pull and (pull, None)
        if rest == "/hooks" and repo.admin:
            return repo.hooks, None
        if (match := re.fullmatch(r"/hooks/(\d+)/deliveries", rest)) and repo.admin:
            return self.page(path, repo.deliveries.get(int(match[1]), []))
        return None

    def post(self, handler, path):
        self.remaining -= 1
        match = re.fullmatch(r"/api/v3/repos/octo/hello/hooks/(\d+)/deliveries/(\d+)/attempts", path)
        if not match or not self.repo().admin:
            return self.send(handler, 404, {"message": "Not Found"})
        self.redelivered.append((int(match[1]), int(match[2])))
        return self.send(handler, 202, {})
