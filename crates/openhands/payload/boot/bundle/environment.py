"""Write an environment file for compose: reads a secret from standard input, prints the file to standard output.

What is not secret is in database.json beside this file.
"""

import json
import sys
from pathlib import Path


def database(secret: str) -> dict:
    settings = json.loads((Path(__file__).parent / "database.json").read_text(encoding="utf-8"))
    login = json.loads(secret)
    return {
        "DB_HOST": settings["host"],
        "DB_PORT": settings["port"],
        "DB_NAME": settings["name"],
        "DB_USER": login["username"],
        "DB_PASS": login["password"],
        "DB_SSL_MODE": "require",
    }


def sandbox(secret: str) -> dict:
    return {"OH_SECRET_KEY": secret.strip()}


def quoted(value) -> str:
    """Quote a value for compose: within single quotes, only a single quote and a backslash are special."""
    text = str(value)
    if "\n" in text or "\r" in text:
        sys.exit("a value of more than one line cannot be in an environment file")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    values = {"database": database, "sandbox": sandbox}[sys.argv[1]](sys.stdin.read())
    for name, value in values.items():
        print(f"{name}={quoted(value)}")


if __name__ == "__main__":
    main()
