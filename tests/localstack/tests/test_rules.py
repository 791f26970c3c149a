"""Every rule of the plug-in has exactly one test, and every refusal states its rule.

A rule is a comment `# Rule: service.name` in the plug-in, next to the code that enforces it. Its test has the decorator `rule` with the name.
"""

import ast
import re
import unittest
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent
PLUG_IN = TESTS.parent / "ohinfra_localstack"


def names(folder: Path, files: str, pattern: str) -> list[str]:
    return [name for file in sorted(folder.glob(files)) for name in re.findall(pattern, file.read_text())]


RULES = set(names(PLUG_IN, "*.py", r"# Rule: ([a-z0-9-]+\.[a-z0-9-]+)"))
TESTED = Counter(names(TESTS, "test_*.py", r'@rule\(\s*"([a-z0-9.-]+)"'))


class Rules(unittest.TestCase):
    def test_every_rule_has_a_test(self):
        self.assertEqual(sorted(RULES - set(TESTED)), [])

    def test_every_test_proves_a_rule_of_the_plug_in(self):
        self.assertEqual(sorted(set(TESTED) - RULES), [])

    def test_no_rule_has_two_tests(self):
        self.assertEqual([name for name, count in TESTED.items() if count > 1], [])

    def test_every_test_names_its_rule(self):
        for file in sorted(TESTS.glob("test_*.py")):
            if file == Path(__file__):
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    decorators = [one.func.id for one in node.decorator_list if isinstance(one, ast.Call)]
                    self.assertIn("rule", decorators, f"{file.name}: {node.name}")

    def test_every_refusal_states_its_rule(self):
        found = [place for file in sorted(PLUG_IN.glob("*.py")) for place in refusals_without_rule(file)]
        self.assertEqual(found, [])


def refusals_without_rule(file: Path) -> list[str]:
    """Returns the places that raise an error of AWS without a rule, or a limit of the plug-in, stated since the previous one."""
    text = file.read_text()
    lines = text.splitlines()
    found = []
    for function in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)):
        before = function.lineno - 1
        for refusal in sorted(raises(function), key=lambda node: node.lineno):
            between = lines[before : refusal.lineno]
            if not any(re.search(r"# (Rule|Limit): ", line) for line in between):
                found.append(f"{file.name}:{refusal.lineno}")
            before = refusal.end_lineno or refusal.lineno
    return found


def raises(function: ast.FunctionDef) -> list[ast.Raise]:
    """Returns the `raise` statements of a function, without those of functions inside it."""
    found: list[ast.Raise] = []
    pending: list[ast.AST] = list(ast.iter_child_nodes(function))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Raise):
            found.append(node)
        if not isinstance(node, ast.FunctionDef):
            pending.extend(ast.iter_child_nodes(node))
    return found
