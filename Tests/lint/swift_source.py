"""Reads declarations from Swift sources, as far as the lint scripts need them. It is not a compiler: it knows names,
braces and line numbers, no types.
"""

import re
from dataclasses import dataclass, field

TYPE_KEYWORDS = {"struct", "class", "enum", "protocol", "actor", "extension"}
ACCESS = {"public", "package", "open", "internal", "private", "fileprivate"}
MODIFIERS = ACCESS | {
    "final", "static", "class", "mutating", "nonmutating", "override", "lazy", "weak", "unowned", "indirect",
    "required", "convenience", "consuming", "borrowing", "nonisolated", "dynamic", "optional", "prefix",
    "postfix", "infix", "isolated", "distributed",
}
IDENTIFIER = re.compile(r"`?[A-Za-z_]\w*`?$")
# A statement goes on in the next line after the first, and before the second.
CONTINUES_AFTER = set("=,:.&|+-*/<(") | {"->", "in", "throws", "async", "where"}
CONTINUES_BEFORE = set(".={?:&|+-*/<>") | {"->", "throws", "async", "where"}


def cut(text, is_c=False):
    """Replaces comments and the contents of string literals by spaces. Line numbers and columns stay.

    The code of string interpolations stays: `"a \\(b) c"` becomes `"   (b)  "`.
    """
    out = []
    position = 0

    def blank(upto):
        nonlocal position
        out.append(re.sub(r"[^\n]", " ", text[position:upto]))
        position = upto

    def comment():
        if text.startswith("//", position):
            end = text.find("\n", position)
            blank(len(text) if end < 0 else end)
            return
        depth, end = 1, position + 2
        while depth and end < len(text):
            if text.startswith("*/", end):
                depth, end = depth - 1, end + 2
            elif text.startswith("/*", end) and not is_c:
                depth, end = depth + 1, end + 2
            else:
                end += 1
        blank(end)

    def string(hashes):
        nonlocal position
        multiline = text.startswith('"""', position) and not is_c
        quotes = '"""' if multiline else text[position]
        out.append(quotes)
        position += len(quotes)
        escape = "\\" + hashes
        while position < len(text):
            if text.startswith(quotes + hashes, position):
                out.append(quotes + hashes)
                position += len(quotes + hashes)
                return
            if text.startswith(escape + "(", position) and not is_c:
                blank(position + len(escape))
                code(inside_interpolation=True)
            elif text.startswith(escape, position):
                blank(min(position + len(escape) + 1, len(text)))
            elif text[position] == "\n" and not multiline:
                return
            else:
                blank(position + 1)

    def code(inside_interpolation=False):
        nonlocal position
        depth = 0
        while position < len(text):
            character = text[position]
            hashes = re.compile(r'#+(?=")').match(text, position) if not is_c else None
            if text.startswith(("//", "/*"), position):
                comment()
                continue
            if hashes:
                out.append(hashes.group())
                position = hashes.end()
                string(hashes.group())
                continue
            if character == '"' or (is_c and character == "'"):
                string("")
                continue
            out.append(character)
            position += 1
            if character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
                if inside_interpolation and depth == 0:
                    return

    code()
    return "".join(out)


@dataclass
class Declaration:
    kind: str  # a type's keyword, "typealias", "func", "init", "var" or "case"
    name: str
    line: int
    parent: str  # the type around it, "" at the top level
    parent_kind: str  # its keyword, "" at the top level
    access: str
    modifiers: set
    parent_line: int = 0
    is_stored: bool = False  # a property without an accessor block
    bodies: list = field(default_factory=list)  # lines between the braces, a pair (first brace, last brace) each


class SwiftFile:
    """The declarations, imports and words of one file."""

    def __init__(self, text):
        self.line_count = len(text.splitlines())
        self.words = []
        self.lines = []
        for number, line in enumerate(cut(text).split("\n"), 1):
            for match in re.finditer(r"`[^`\n]+`|[A-Za-z_]\w*|\d\w*|->|\S", line):
                self.words.append(match.group().strip("`") or "`")
                self.lines.append(number)
        self.declarations = []
        self.imports = set()
        self.locals = set()  # variables, parameters and generic parameters
        self.name_positions = set()  # words that declare a name
        self._match()
        self._members(0, len(self.words), ("", "", 0), "internal")

    def _match(self):
        self.partner = {}
        pairs = {")": "(", "]": "[", "}": "{"}
        opened = []
        for index, word in enumerate(self.words):
            if word in pairs.values():
                opened.append(index)
            elif word in pairs and opened and self.words[opened[-1]] == pairs[word]:
                start = opened.pop()
                self.partner[start] = index
                self.partner[index] = start

    def _word(self, index):
        return self.words[index] if 0 <= index < len(self.words) else ""

    def _next(self, index):
        """The index behind a word, or behind the bracket that it opens."""
        if self.words[index] in ("(", "[", "{") and index in self.partner:
            return self.partner[index] + 1
        return index + 1

    def _find_brace(self, index, end):
        while index < end and self.words[index] != "{":
            index = self._next(index)
        return index if index < end and index in self.partner else None

    def _add(self, kind, index, scope, modifiers, access, **more):
        self.name_positions.add(index)
        declaration = Declaration(
            kind, self.words[index], self.lines[index], scope[0], scope[1], access, modifiers, scope[2],
            **more)
        self.declarations.append(declaration)
        return declaration

    def _body(self, brace):
        return (self.lines[brace], self.lines[self.partner[brace]])

    def _generics(self, index):
        """Notes the generic parameters that begin at `index`; the index behind them."""
        if self._word(index) != "<":
            return index
        depth, expects_name = 0, True
        while index < len(self.words):
            word = self.words[index]
            if word == "<":
                depth += 1
            elif word == ">":
                depth -= 1
                if depth == 0:
                    return index + 1
            elif word == "," and depth == 1:
                expects_name = True
            elif expects_name and IDENTIFIER.match(word) and word not in ("let", "each"):
                self.locals.add(word)
                expects_name = False
            index += 1
        return index

    def _parameters(self, index):
        """Notes the parameters in the parentheses at `index`; the index behind them."""
        if self._word(index) != "(" or index not in self.partner:
            return index
        inside = index + 1
        while inside < self.partner[index]:
            if self._word(inside + 1) == ":" and IDENTIFIER.match(self.words[inside]):
                self.locals.add(self.words[inside])
            inside = self._next(inside)
        return self.partner[index] + 1

    def _members(self, index, end, scope, default_access):
        """The declarations of a file, or between a type's braces. `scope` is the type's name, keyword and line."""
        parent, parent_kind, parent_line = scope
        modifiers = set()
        while index < end:
            word = self.words[index]
            previous = self._word(index - 1)
            following = self._word(index + 1)
            explicit = modifiers & ACCESS
            access = next(iter(explicit)) if explicit else default_access
            if word == "@":
                index += 2
                if self._word(index) == "(" and self.lines[index] == self.lines[index - 1]:
                    index = self._next(index)
                continue
            if word == "#":
                line = self.lines[index]
                while index < end and self.lines[index] == line:
                    index += 1
                continue
            if word in MODIFIERS and previous != "." and not (word == "class" and IDENTIFIER.match(following)
                    and following not in MODIFIERS | {"func", "var", "let", "subscript"}):
                if following == "(":
                    modifiers.add(word + "(" + self._word(index + 2) + ")")
                    index = self._next(index + 1)
                else:
                    modifiers.add(word)
                    index += 1
                continue
            if word == "import":
                index += 2 if following in TYPE_KEYWORDS | {"func", "var", "let", "typealias"} else 1
                self.imports.add(self._word(index))
                self.name_positions.add(index)
            elif word in TYPE_KEYWORDS and previous != "." and (
                    IDENTIFIER.match(following) or following == "["):
                brace = self._find_brace(index + 1, end)
                if brace is None:
                    index += 1
                    continue
                if word == "extension":
                    name = "Array" if following == "[" else following
                    dot = index + 2
                    while self._word(dot) == ".":
                        name = self._word(dot + 1)
                        dot += 2
                    # The name is a use of the type, not a declaration.
                    self.declarations.append(
                        Declaration(
                            word, name, self.lines[index], parent, parent_kind, access, modifiers, parent_line))
                    inner = access if explicit else "internal"
                else:
                    name = following
                    self._add(word, index + 1, scope, modifiers, access)
                    self._generics(index + 2)
                    inner = access if word == "protocol" else "internal"
                    if access in ("private", "fileprivate"):
                        inner = access
                self._members(brace + 1, self.partner[brace], (name, word, self.lines[index]), inner)
                index = self.partner[brace]
            elif word == "typealias":
                self._add("typealias", index + 1, scope, modifiers, access)
                index += 1
            elif word == "associatedtype":
                self.locals.add(following)
                index += 1
            elif word == "func" or (word in ("init", "deinit", "subscript") and parent and previous != "."):
                index = self._function(index, end, scope, modifiers, access)
                modifiers = set()
                continue
            elif word in ("let", "var") and previous not in ("if", "guard", "while", "for", "case", "(", ","):
                index = self._binding(index, end, scope, modifiers, access)
                modifiers = set()
                continue
            elif word == "case" and parent_kind == "enum":
                index = self._cases(index, end, scope, access)
                modifiers = set()
                continue
            elif word in ("{", "(", "["):
                self._code(index, self._next(index))
                index = self._next(index)
                modifiers = set()
                continue
            elif word in ("let", "var"):
                self._code(index, index + 2)
            modifiers = set()
            index += 1

    def _function(self, index, end, scope, modifiers, access):
        kind = "func" if self.words[index] == "func" else "init"
        at = index + 1 if kind == "func" else index
        declaration = self._add(kind, at, scope, modifiers, access)
        index = at + 1
        # An operator is several words; `init?` has one more.
        while index < end and self.words[index] not in ("(", "<", "{") or (
                kind == "func" and not IDENTIFIER.match(self.words[at]) and self.words[index] == "<"):
            index += 1
        index = self._parameters(self._generics(index))
        if scope[1] == "protocol":
            return index
        if declaration.name == "subscript" or declaration.kind == "func" or declaration.name in ("init", "deinit"):
            brace = index if self._word(index) == "{" else self._find_brace(index, end)
            if brace is None:
                return index
            declaration.bodies.append(self._body(brace))
            self._code(brace + 1, self.partner[brace])
            return self.partner[brace] + 1
        return index

    def _binding(self, index, end, scope, modifiers, access):
        """A property, or a global variable: `let a, b: Int`, `var c = 1 { didSet { ... } }`, `var d: Int { 1 }`."""
        start = index
        found = []
        bodies = []
        is_stored, has_value, angle, expects_name = True, False, 0, True
        index += 1
        while index < end:
            word = self.words[index]
            before = self.words[index - 1]
            if word in (";", "}", ")"):
                break
            if (index > start + 1 and self.lines[index] > self.lines[index - 1] and before not in CONTINUES_AFTER
                    and word not in CONTINUES_BEFORE):
                break
            if word == "{":
                bodies.append(index)
                if self._word(index + 1) in ("didSet", "willSet"):
                    pass
                elif not has_value:
                    is_stored = False
                self._code(index + 1, self.partner.get(index, index))
            elif word == "(" and expects_name:
                inside = range(index + 1, self.partner.get(index, index))
                found += [i for i in inside if IDENTIFIER.match(self.words[i])]
                expects_name = False
            elif expects_name and IDENTIFIER.match(word):
                found.append(index)
                expects_name = False
            elif word == "=" and before not in ("=", "!", "<", ">"):
                has_value, angle = True, 0
            elif word == "<" and not has_value:
                angle += 1
            elif word == ">" and not has_value:
                angle -= 1
            elif word == "," and angle == 0:
                expects_name, has_value = True, False
            elif word in ("(", "["):
                self._code(index + 1, self.partner.get(index, index))
            index = self._next(index)
        for at in found:
            declaration = self._add("var", at, scope, modifiers, access, is_stored=is_stored)
            declaration.bodies = [self._body(brace) for brace in bodies if brace in self.partner]
        return max(index, start + 1)

    def _cases(self, index, end, scope, access):
        expects_name = True
        line = self.lines[index]
        index += 1
        while index < end:
            word = self.words[index]
            if self.lines[index] > line and self.words[index - 1] != "," and word not in (",", "="):
                break
            if expects_name and IDENTIFIER.match(word):
                self._add("case", index, scope, set(), access)
                expects_name = False
            elif word == ",":
                expects_name = True
            line = self.lines[self.partner.get(index, index) if word in "([" else index]
            index = self._next(index)
        return index

    def _code(self, index, end):
        """Notes the names of local variables, parameters of closures and nested functions."""
        while index < end:
            word = self.words[index]
            if word in ("let", "var"):
                if self._word(index + 1) == "(":
                    for inside in range(index + 2, self.partner.get(index + 1, index)):
                        self.locals.add(self.words[inside])
                else:
                    self.locals.add(self._word(index + 1))
            elif word == "for" and IDENTIFIER.match(self._word(index + 1)):
                self.locals.add(self._word(index + 1))
            elif word == "for" and self._word(index + 1) == "(":
                self.locals.update(self.words[index + 2:self.partner.get(index + 1, index)])
            elif word == "func":
                self.locals.add(self._word(index + 1))
                self._parameters(self._generics(index + 2))
            elif word == "{":
                inside = index + 1
                if self._word(inside) == "[" and inside in self.partner:
                    inside = self.partner[inside] + 1
                names = []
                if self._word(inside) == "(" and self._word(self._next(inside)) in ("in", "throws", "->"):
                    self._parameters(inside)
                    names = self.words[inside + 1:self.partner[inside]]
                else:
                    while IDENTIFIER.match(self._word(inside)) and self._word(inside + 1) == ",":
                        names.append(self.words[inside])
                        inside += 2
                    names.append(self._word(inside))
                    if self._word(inside + 1) not in ("in", "throws", "->"):
                        names = []
                self.locals.update(names)
            index += 1
