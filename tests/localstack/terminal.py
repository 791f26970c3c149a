"""Runs a command in a new terminal, and closes the terminal when the output contains a text, like a closed window or a lost
connection. Prints the exit code.

terminal.py TEXT COMMAND ARGUMENT...
"""

import os
import pty
import sys
import termios


def main() -> None:
    text, command = sys.argv[1].encode(), sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        termios.tcsetwinsize(0, (40, 120))
        os.execvp(command[0], command)
    seen = b""
    while text not in seen:
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            sys.exit(f"the command exited before its output contained the text: {seen.decode(errors='replace')}")
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
