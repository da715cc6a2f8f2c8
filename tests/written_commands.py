"""The commands that stand in the documents, as a reader would type them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"(?ms)^ *```(\w*)\n(.*?)^ *```")
SPAN = re.compile(r"`([^`]+)`")
COMMENT = re.compile(r"(?:^|\s+)#.*")
FIRST_WORDS = "mqp|make|pytest|chmod|mv|cp|cat|truncate|source|export"
COMMAND = re.compile(rf"(?:\w+=\S+ )*(?:{FIRST_WORDS})\b")
ALONE = {"mqp", "make"}
"""Names, not commands, where nothing follows."""


@dataclass(frozen=True, order=True)
class Written:
    """A command in a document, without comment, and without brackets around what may be left out.

    `text`: variables before the command are kept. `words`: without them, as a shell passes them.
    """

    document: str
    text: str

    @property
    def words(self) -> list[str]:
        words = shlex.split(self.text.partition(" | ")[0])
        while "=" in words[0]:
            words = words[1:]
        return words


def documents() -> list[str]:
    return ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


def written_commands(document: str, text: str | None = None) -> list[Written]:
    """Every command of a document, each once.

    Parameters
    ----------
    text : instead of the document's own.
    """
    found = _commands((ROOT / document).read_text() if text is None else text)
    return [Written(document, command) for command in dict.fromkeys(found)]


def _commands(text: str) -> Iterator[str]:
    for fence in FENCE.finditer(text):
        if fence[1] == "sh":
            for line in fence[2].splitlines():
                for command in COMMENT.sub("", line).split(";"):
                    if command.strip():
                        yield command.strip()
    for span in SPAN.finditer(FENCE.sub("", text)):
        command = " ".join(re.sub(r"[\[\]]", "", span[1]).partition("||")[0].split())
        if COMMAND.match(command) and command not in ALONE:
            yield command
