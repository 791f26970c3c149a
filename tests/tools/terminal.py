"""Runs a command in a terminal and writes the screen as SVG files, for light and for dark pages.

terminal.py [OPTIONS] PICTURE COMMAND ARGUMENT...

Writes PICTURE-light.svg and PICTURE-dark.svg.
"""

import argparse
import io
import os
import pty
import re
import select
import sys
import termios
from itertools import groupby
from pathlib import Path

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

LIGHT = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    [(36, 41, 47), (207, 34, 46), (17, 99, 41), (154, 103, 0), (9, 105, 218), (130, 80, 223), (27, 124, 131), (110, 119, 129)],
    [(87, 96, 106), (164, 14, 38), (26, 127, 55), (191, 135, 0), (33, 139, 255), (164, 117, 249), (49, 146, 170), (140, 149, 159)],
)
DARK = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    [(139, 148, 158), (255, 161, 152), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221), (255, 255, 255)],
)
# Names of colors in pyte that differ from those in rich.
COLORS = {"brown": "yellow", "brightbrown": "bright_yellow"}


def color(name: str) -> str | None:
    if name == "default":
        return None
    return COLORS.get(name, re.sub("^bright(?=[a-z])", "bright_", name))


def picture(screen: pyte.Screen) -> list[Text]:
    """The lines of the screen, without empty ones at the end."""
    lines = []
    for y in range(screen.lines):
        line = Text()
        cells = [screen.buffer[y][x] for x in range(screen.columns)]
        for (foreground, bold), part in groupby(cells, lambda cell: (cell.fg, cell.bold)):
            line.append("".join(cell.data for cell in part), Style(color=color(foreground), bold=bold or None))
        line.rstrip()
        lines.append(line)
    while lines and not lines[-1].plain:
        lines.pop()
    return lines


def run(command: list[str], columns: int, height: int, until: str | None) -> list[Text]:
    """The screen at the end of the command, or when it first shows a text that matches an expression."""
    screen = pyte.Screen(columns, height)
    stream = pyte.ByteStream(screen)
    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(0, (height, columns))
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color"})
    taken = None
    while True:
        try:
            output = os.read(terminal, 65536)
        except OSError:
            break
        # pyte has no faint text.
        stream.feed(output.replace(b"\x1b[2m", b"\x1b[90m"))
        # Only complete updates of the screen are of use.
        is_quiet = not select.select([terminal], [], [], 0.005)[0]
        if until and taken is None and is_quiet and any(re.search(until, line) for line in screen.display):
            taken = picture(screen)
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"the command failed with exit code {code}:\n" + "\n".join(screen.display))
    if until and taken is None:
        sys.exit(f"the command never showed {until}")
    return taken or picture(screen)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--lines", type=int, default=60)
    parser.add_argument("--until", help="take the picture when the terminal shows a text that matches this expression, instead of at the end")
    parser.add_argument("picture")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    lines = run(arguments.command, arguments.columns, arguments.lines, arguments.until)
    title = " ".join([Path(arguments.command[0]).name, *arguments.command[1:]])
    for name, theme in [("light", LIGHT), ("dark", DARK)]:
        console = Console(record=True, width=arguments.columns, file=io.StringIO(), force_terminal=True, color_system="standard")
        for line in lines:
            console.print(line, no_wrap=True, overflow="crop")
        # rich cuts off the last line.
        console.print()
        svg = console.export_svg(title=title, theme=theme, unique_id=f"{Path(arguments.picture).name}-{name}")
        # A picture in a page loads no fonts.
        svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace, Menlo, Consolas")
        # The border of the window is visible on its page.
        svg = svg.replace("rgba(255,255,255,0.35)", {"light": "#d0d7de", "dark": "#30363d"}[name])
        Path(f"{arguments.picture}-{name}.svg").write_text(svg)


if __name__ == "__main__":
    main()
