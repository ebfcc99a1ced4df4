"""The Dockerfile says what it should, and what it copies is there and enough."""

from __future__ import annotations

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

from entrypoints.settings import read_settings
from tests.deploy.image import ROOT, copied_from_context, lay_out, read_stages

PAGE_STAGE, PACKAGES_STAGE, IMAGE = read_stages()


def test_it_runs_as_a_user_without_rights_and_writes_only_its_data() -> None:
    user, group = IMAGE.last("USER").rest.split(":")

    assert int(user) >= 10_000
    assert int(group) >= 10_000
    assert IMAGE.last("VOLUME").rest == IMAGE.env["GALLEY_DATA"] == "/data"
    assert f"--owner {user} --group {group} --mode 0700 /data" in IMAGE.last("RUN").rest


def test_every_base_has_a_version_and_every_package_a_hash() -> None:
    bases = [stage.base for stage in read_stages()]

    assert all(re.fullmatch(r"[a-z]+:\d+(\.\d+)?-[a-z-]+", base) for base in bases)
    assert IMAGE.base == PACKAGES_STAGE.base
    installs = [one.rest for stage in read_stages() for one in stage.all("RUN") if "install -" in one.rest]
    assert any("--require-hashes -r requirements/run.txt" in one for one in installs)
    assert all("--no-deps" in one for one in installs if "pip install" in one)
    assert "npm ci" in PAGE_STAGE.all("RUN")[0].rest


def test_it_serves_by_default_and_says_whether_it_lives() -> None:
    assert (IMAGE.last("ENTRYPOINT").words, IMAGE.last("CMD").words) == (["galley"], ["serve"])
    assert "/health/live" in IMAGE.last("HEALTHCHECK").rest
    assert IMAGE.last("EXPOSE").rest == IMAGE.env["GALLEY_PORT"]


def test_its_own_settings_are_settings() -> None:
    settings, warnings = read_settings(IMAGE.env, Path("none"))

    assert warnings == ()
    assert not settings.is_loopback


def test_what_it_copies_is_there_and_not_kept_out_of_the_context() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    wanted = {line[1:] for line in ignored if line.startswith("!")}

    for source, _ in copied_from_context():
        assert source.exists(), source
        name = source.relative_to(ROOT).as_posix()
        assert any(name == one or name.startswith(f"{one}/") or fnmatch(name, one) for one in wanted), name


def test_what_it_copies_is_enough_to_install_it(tmp_path: Path) -> None:
    """What `pip install -e .` asks of the build backend, in the image's folder."""
    app = lay_out(tmp_path)
    for path in (app, *app.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    build = f"from setuptools import build_meta; print(build_meta.build_editable({str(tmp_path)!r}))"

    made = subprocess.run([sys.executable, "-c", build], cwd=app, capture_output=True, text=True)

    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1].startswith("galley-")
