"""`galley serve` as a process, with `galley run --server` as its client."""

import json
import signal
import socket
import time

import httpx

from tests.entrypoints.shell import LAMPS, Shell, serving


def test_a_server_prints_its_address_and_the_first_password_and_runs_can_be_made_there(shell: Shell) -> None:
    with serving(shell, ANTHROPIC_API_KEY="sk-ant-hunter2", GALLEY_PROVIDER="sample") as (process, url, password):
        told = shell.call(*LAMPS, "--server", url, GALLEY_PASSWORD=password)
        as_json = shell.call(*LAMPS, "--json", GALLEY_SERVER=url, GALLEY_PASSWORD=password)
        refused = shell.call("run", "blog-post", "--server", url, GALLEY_PASSWORD=password)
        wrong = shell.call(*LAMPS, "--server", url, GALLEY_PASSWORD="wrong password")
        second = shell.call("serve")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert (told.exit_code, told.stdout[:21]) == (0, "# Sample: Desk lamps\n")
    assert json.loads(as_json.stdout.splitlines()[-1])["success"] is True
    assert (refused.exit_code, "inputs/topic" in refused.stderr) == (2, True)
    assert (wrong.exit_code, wrong.stderr) == (2, "galley: User name and password don't match.\n")
    assert second.exit_code == 2
    assert "serves this store already" in second.stderr.splitlines()[-1]
    assert process.returncode == 0
    assert password not in errors
    assert "hunter2" not in errors
    assert all(json.loads(line)["time"] for line in errors.splitlines())


def test_a_stopped_server_hands_over_within_its_grace_and_the_client_goes_on_when_it_is_back(shell: Shell) -> None:
    slow = {"GALLEY_SAMPLE_TOKENS_PER_SECOND": "20", "GALLEY_GRACE_SECONDS": "4"}
    with (
        serving(shell, **slow) as (server, url, password),
        shell.start(*LAMPS, "--json", "--server", url, GALLEY_PASSWORD=password) as client,
    ):
        assert client.stdout is not None
        lines = [client.stdout.readline()]
        while json.loads(lines[-1])["type"] != "delta":
            lines.append(client.stdout.readline())
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
        seconds = time.monotonic() - began
        with shell.start("serve", GALLEY_PORT=url.rpartition(":")[2]):
            rest, errors = client.communicate(timeout=30)

    events = [json.loads(line) for line in [*lines, *rest.splitlines()]]
    assert server.returncode == 0
    assert seconds <= 5.0
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["reason"] for event in events if event["type"] == "restarted"] == ["handed_over"]
    assert (events[-1]["type"], client.returncode, errors) == ("complete", 0, "")


PASSWORD = "correct horse battery staple"


def log_in(http: httpx.Client, name: str) -> dict[str, str]:
    tokens = http.post("/auth/login", json={"username": name, "password": PASSWORD}).json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def test_a_change_of_users_beside_a_server_ends_their_log_ins(shell: Shell) -> None:
    with serving(shell) as (_, url, _), httpx.Client(base_url=url) as http:
        shell.call("users", "add", "ann", GALLEY_PASSWORD=PASSWORD)
        shell.call("users", "add", "bob", GALLEY_PASSWORD=PASSWORD)
        ann, bob = log_in(http, "ann"), log_in(http, "bob")

        shell.call("users", "passwd", "ann", "--password-stdin", stdin="another password of hers\n")
        shell.call("users", "disable", "bob")

        assert [http.get("/auth/me", headers=bearer).status_code for bearer in (ann, bob)] == [401, 401]
        assert http.post("/auth/login", json={"username": "ann", "password": PASSWORD}).status_code == 401


def test_a_first_start_that_fails_has_shown_the_password_that_it_made(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        first = shell.call("serve", GALLEY_PORT=port, GALLEY_LOG_LEVEL="error")
        second = shell.call("serve", GALLEY_PORT=port, GALLEY_LOG_LEVEL="error")

    assert (first.exit_code, second.exit_code) == (2, 2)
    assert len(first.stdout.splitlines()[2].strip()) >= 20
    assert second.stdout == ""
    (line,) = first.stderr.splitlines()
    assert line.startswith("galley: ")
    assert port in line
