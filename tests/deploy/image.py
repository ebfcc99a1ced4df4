"""The image that deploy/Dockerfile describes: its instructions, and the same files laid out in a folder of the host."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


@frozen
class Instruction:
    """One instruction with its lines joined."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """What follows, split as a list in JSON or by spaces."""
        return list(json.loads(self.rest)) if self.rest.startswith("[") else self.rest.split()


@frozen(kw_only=True)
class Stage:
    """From one FROM to the next."""

    base: str
    name: str | None
    instructions: tuple[Instruction, ...] = field(converter=tuple)

    def all(self, name: str) -> list[Instruction]:
        return [one for one in self.instructions if one.name == name]

    def last(self, name: str) -> Instruction:
        return self.all(name)[-1]

    @property
    def env(self) -> dict[str, str]:
        return dict(word.split("=", 1) for one in self.all("ENV") for word in one.rest.split())


def read_stages() -> list[Stage]:
    """Return the stages in order."""
    found: list[tuple[str, str | None, list[Instruction]]] = []
    for one in _read_instructions():
        if one.name == "FROM":
            base, *name = one.words
            found.append((base, name[1] if name else None, []))
        else:
            found[-1][2].append(one)
    return [Stage(base=base, name=name, instructions=instructions) for base, name, instructions in found]


def _read_instructions() -> Iterator[Instruction]:
    lines = [line for line in DOCKERFILE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        yield Instruction(name, " ".join(rest.split()))


def copied_from_context() -> list[tuple[Path, str]]:
    """Return what is copied from the checkout: where it is there, and its place in the image."""
    copied = []
    for stage in read_stages():
        folder = "/"
        for one in stage.instructions:
            if one.name == "WORKDIR":
                folder = one.rest
            elif one.name == "COPY" and not one.words[0].startswith("--"):
                *sources, target = one.words
                for source in sources:
                    place = (Path(folder) / target).as_posix()
                    is_file = (ROOT / source).is_file()
                    copied.append(
                        (ROOT / source, f"{place}/{Path(source).name}" if is_file and target[-1] == "/" else place)
                    )
    return copied


def lay_out(folder: Path) -> Path:
    """Make the image's /app in a folder, the page as it was built here; nothing in it can be written. Return it."""
    app = folder / "app"
    skipped = shutil.ignore_patterns("__pycache__", "node_modules", "*.egg-info", "dist")
    for source, place in copied_from_context():
        if source.name == "frontend" or place.startswith("/app/frontend"):
            continue
        target = app / Path(place).relative_to("/app")
        if source.is_dir():
            shutil.copytree(source, target, ignore=skipped)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    page = app / "frontend" / "dist"
    page.mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Galley</title>")
    for path in (*app.rglob("*"), app):
        path.chmod(path.stat().st_mode & ~0o222)
    return app
