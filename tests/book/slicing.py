"""Which cells of a notebook some of its cells need: a backward slice over names."""

import ast
import symtable
from collections.abc import Iterator

# A cell is kept, whole, if it binds a name that is wanted after it, or changes in place what the name stands for.
# Wanted is what a kept cell reads before it binds it and, everywhere, what its functions read: they may run later.
# Assumed is that a cell which binds a name always does so, that no function changes its arguments or anything outside,
# and that no cell changes what another one made through a second name for it. A cell that is missing is loud, a
# NameError; a change that is missing because a chapter breaks one of these rules need not be.


def needed(cells: list[str], goals: set[int]) -> list[int]:
    """The places of the goals and of all cells before them that they cannot do without.

    >>> needed(["a = 1", "a = 2", "b = []", "def f(): return b", "b.append(a)", "c = f()", "f()"], {6})
    [1, 2, 3, 4, 6]
    """
    imported = {symbol.get_name() for cell in cells for symbol in symbols(cell) if symbol.is_imported()}
    kept, grown = set(goals), True
    while grown:
        late = {symbol.get_name() for place in kept for symbol in symbols(cells[place], inside=True)}
        wanted, grown = set[str](), False
        for place, cell in reversed(list(enumerate(cells))):
            if place not in kept and (binds(cell) | changes(cell) - imported) & (wanted | late):
                kept, grown = kept | {place}, True
            if place in kept:
                wanted = wanted - binds(cell) | reads_first(cell)
    return sorted(kept)


def symbols(source: str, *, inside: bool = False) -> Iterator[symtable.Symbol]:
    """The cell's own names, or those that its functions and comprehensions take from outside of them."""
    top = symtable.symtable(source, "cell", "exec")
    if not inside:
        yield from top.get_symbols()
    scopes = list(top.get_children())
    for scope in scopes:  # grows while it is walked
        scopes += scope.get_children()
        yield from (symbol for symbol in scope.get_symbols() if symbol.is_global() and (inside or symbol.is_assigned()))


def binds(source: str) -> set[str]:
    """The names that a cell binds.

    >>> sorted(binds("import a; b, c[0] = 1, 2; d = [(e := f) for f in range(3)]"))
    ['a', 'b', 'd', 'e']
    """
    return {symbol.get_name() for symbol in symbols(source) if symbol.is_assigned() or symbol.is_imported()}


def changes(source: str) -> set[str]:
    """The names of what a cell changes in place, its functions left out.

    >>> sorted(changes("a[0] = 1; b.c.d = 2; e += 3; f.g.append(4); h = i.j(5)"))
    ['a', 'b', 'e', 'f']
    """
    found = set[str]()
    statements = [one for one in ast.parse(source).body if not isinstance(one, ast.FunctionDef | ast.ClassDef)]
    for node in (node for statement in statements for node in ast.walk(statement)):
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                thing = node.value
            case ast.AugAssign(target=thing) | ast.Expr(value=ast.Call(func=ast.Attribute(value=thing))):
                pass
            case _:
                continue
        while isinstance(thing, ast.Attribute | ast.Subscript | ast.Call):
            thing = thing.func if isinstance(thing, ast.Call) else thing.value
        found |= {thing.id} if isinstance(thing, ast.Name) else set()
    return found


def reads_first(source: str) -> set[str]:
    """The names that a cell reads or changes before it has bound them, statement by statement.

    >>> sorted(reads_first("a = b + 1; c += a\\nfor i in d: e = i"))
    ['b', 'c', 'd']
    """
    found, bound = set[str](), set[str]()
    for statement in ast.parse(source).body:
        line = ast.unparse(statement)
        if isinstance(statement, ast.For):
            bound |= {node.id for node in ast.walk(statement.target) if isinstance(node, ast.Name)}
        found |= ({symbol.get_name() for symbol in symbols(line) if symbol.is_referenced()} | changes(line)) - bound
        bound |= binds(line)
    return found
