# SPDX-License-Identifier: Apache-2.0
"""One-line mutants of C source: each replaces one operator, constant or statement of a line.

A mutant should compile and change what the program does. The rules replace code only: comments,
strings, characters, preprocessor lines and assertions stay.
"""
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int  # from 1
    before: str
    after: str

    def __str__(self):
        return f"{self.path}:{self.line}\n    - {self.before.strip()}\n    + {self.after.strip()}"


# A rule is a pattern of code and the texts that may replace the match. The pattern is matched
# against a line without comments and strings.
RULES = [
    (r"==", ["!="]),
    (r"!=", ["=="]),
    (r"<=", ["<", ">"]),
    (r"(?<![-<>=])>=", [">", "<"]),
    (r"(?<= )<(?= )", ["<=", ">="]),
    (r"(?<= )>(?= )", [">=", "<="]),
    (r"&&", ["||"]),
    (r"\|\|", ["&&"]),
    (r"(?<= )\+(?= )", ["-"]),
    (r"(?<= )-(?= )", ["+"]),
    (r"(?<= )\*(?= )", ["/"]),
    (r"(?<= )/(?= )", ["*"]),
    (r"(?<= )%(?= )", ["/"]),
    (r"(?<= )\+=", ["-="]),
    (r"(?<= )-=", ["+="]),
    (r"(?<= )\|=", ["&="]),
    (r"\+\+", ["--"]),
    (r"(?<!-)--(?!-)", ["++"]),
    (r"(?<=[(!& |])!(?=[\w(])", [""]),
    (r"\btrue\b", ["false"]),
    (r"\bfalse\b", ["true"]),
    (r"(?<![\w.\[])0(?![\w.\]])", ["1"]),
    (r"(?<![\w.\[])1(?![\w.\]])", ["0", "2"]),
    (r"(?<![\w.\[])([2-9]|[1-9][0-9]+)(?![\w.\]])", ["{0} + 1", "{0} - 1"]),
    (r"\bbreak;", ["continue;"]),
    (r"\bcontinue;", ["break;"]),
]
COMPILED = [(re.compile(pattern), texts) for pattern, texts in RULES]

# A line that is a whole statement: a call or an assignment, not a declaration.
STATEMENT = re.compile(r"^\t+(?:\(void\))?[a-z_][\w>.\[\]-]*(?:\(.*\)| (?:[-+*|&]?=) .*);$")
CONDITION = re.compile(r"^(\t+)(if|while) \((.*)\)( \{)?$")
RETURN = re.compile(r"^(\t+)return ([^;]+);$")


def code_only(text):
    """Blanks comments, strings, characters and preprocessor lines, at the same positions."""
    pattern = re.compile(
        r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'"
        r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        re.DOTALL | re.MULTILINE,
    )
    return pattern.sub(lambda match: re.sub(r"[^\n]", "\x01", match.group()), text)


def balanced(text):
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def of_line(line, code):
    """Yields the changed texts of a line. `code` is the line with everything but code blanked."""
    if not code.startswith("\t") or "static_assert" in code:
        return
    for pattern, texts in COMPILED:
        for match in pattern.finditer(code):
            for text in texts:
                text = text.replace("{0}", match.group())
                yield line[: match.start()] + text + line[match.end() :]
    if STATEMENT.match(code) and balanced(code):
        indent = re.match(r"\t+", code).group()
        yield f"{indent};"
    condition = CONDITION.match(code)
    if condition and balanced(condition.group(3)):
        start, end = condition.span(3)
        if condition.group(2) == "if":
            yield line[:start] + "true" + line[end:]
        yield line[:start] + "false" + line[end:]
    value = RETURN.match(code)
    if value and balanced(value.group(2)) and value.group(2) not in ("true", "false", "0", "1"):
        yield f"{value.group(1)}return 0;"


def of_file(path, text):
    """Returns all mutants of a file."""
    found = []
    lines = text.split("\n")
    for number, (line, code) in enumerate(zip(lines, code_only(text).split("\n")), 1):
        for after in of_line(line, code):
            if after != line:
                found.append(Mutant(path, number, line, after))
    return found


def apply(text, mutant):
    """Returns the text of the file with the mutant in it."""
    lines = text.split("\n")
    lines[mutant.line - 1] = mutant.after
    return "\n".join(lines)
